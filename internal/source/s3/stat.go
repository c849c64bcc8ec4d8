package s3

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/longshore/longshore/stages/stage"
)

// Stat implements stage.Source with one HEAD.
func (s *Source) Stat(ctx context.Context, bucket, key string) (stage.Object, error) {
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return stage.Object{}, fmt.Errorf("asking for s3://%s/%s: %w", bucket, key, classify(ctx, err, aboutObject))
	}
	return stage.Object{
		Bucket:       bucket,
		Key:          key,
		Size:         aws.ToInt64(out.ContentLength),
		ETag:         unquote(out.ETag),
		VersionID:    version(out.VersionId),
		Modified:     aws.ToTime(out.LastModified).UTC(),
		StorageClass: storageClass(string(out.StorageClass)),
	}, nil
}

// version is the id of a kept version. "null" names whatever was written while
// the bucket kept none, and may be overwritten.
func version(id *string) string {
	if v := aws.ToString(id); v != "null" {
		return v
	}
	return ""
}

// storageClass fills in what HEAD leaves out and a listing tells.
func storageClass(c string) string {
	if c == "" {
		return "STANDARD"
	}
	return c
}
