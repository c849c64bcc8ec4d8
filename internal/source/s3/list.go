package s3

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/longshore/longshore/stages/stage"
)

// maxPageSize is the most that S3 returns.
const maxPageSize = 1000

// List implements stage.Source. Keys come in the order of the store, "folder"
// keys included.
func (s *Source) List(ctx context.Context, sh stage.Shard) (stage.Page, error) {
	c, err := parseCursor(sh.Cursor)
	if err != nil {
		return stage.Page{}, err
	}
	page, err := s.list(ctx, sh.Prefix, c, s.pageSize)
	if err != nil {
		return stage.Page{}, fmt.Errorf("listing s3://%s/%s: %w", s.opts.Bucket, sh.Prefix, err)
	}
	return page, nil
}

func (s *Source) list(ctx context.Context, prefix string, c cursor, most int32) (stage.Page, error) {
	in := &s3.ListObjectsV2Input{
		Bucket:       &s.opts.Bucket,
		EncodingType: types.EncodingTypeUrl,
		MaxKeys:      aws.Int32(most),
		Prefix:       optional(prefix),
	}
	// Never both: AWS ignores start-after beside a token, others do not.
	if c.token != "" {
		in.ContinuationToken = &c.token
	} else {
		in.StartAfter = optional(c.after)
	}
	out, err := s.client.ListObjectsV2(ctx, in)
	if err != nil {
		return stage.Page{}, classify(ctx, err, aboutBucket)
	}

	var page stage.Page
	for _, o := range out.Contents {
		key, err := decodeKey(aws.ToString(o.Key), out.EncodingType)
		if err != nil {
			return stage.Page{}, err
		}
		page.Objects = append(page.Objects, stage.Object{
			Bucket:       s.opts.Bucket,
			Key:          key,
			Size:         aws.ToInt64(o.Size),
			ETag:         unquote(o.ETag),
			Modified:     aws.ToTime(o.LastModified).UTC(),
			StorageClass: string(o.StorageClass),
		})
	}
	if !aws.ToBool(out.IsTruncated) {
		return page, nil
	}
	next, err := c.next(s.opts.Bucket, page.Objects, aws.ToString(out.NextContinuationToken))
	if err != nil {
		return stage.Page{}, err
	}
	page.Next = next.String()
	return page, nil
}

// decodeKey undoes the encoding that was asked for. A store that does not
// know it does not echo it, and its keys are as they are; S3 encodes like a
// form, a space as "+".
func decodeKey(key string, encoding types.EncodingType) (string, error) {
	if encoding != types.EncodingTypeUrl {
		return key, nil
	}
	plain, err := url.QueryUnescape(key)
	if err != nil {
		return "", stage.Retry(fmt.Errorf("decoding a key of the listing: %w", err), stage.Code("listing-encoding"))
	}
	return plain, nil
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func unquote(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }
