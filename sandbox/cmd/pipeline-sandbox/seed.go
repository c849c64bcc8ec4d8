package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/sandbox/sample"
)

// partSize is the size of the parts of a large object, and the size from
// which an object has parts.
const partSize = 16 << 20

// seed writes the sample data set through S3, to the server that the usual
// AWS variables name.
func seed(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var o sample.Options
	flags := flag.NewFlagSet("pipeline-sandbox seed", flag.ContinueOnError)
	flags.SetOutput(stderr)
	bucket := flags.String("bucket", "demo", "bucket to fill; created if missing")
	workers := flags.Int("workers", 8, "uploads at once")
	flags.IntVar(&o.Objects, "objects", 200, "number of objects")
	flags.Int64Var(&o.BigSize, "big-size", 110<<20, "bytes of the one large object; 0 for none")
	flags.Int64Var(&o.Size, "size", 0, "bytes of each ordinary object; 0 for a mixture up to 1 MiB")
	flags.StringVar(&o.Prefix, "prefix", "", "prefix of all keys")
	if err := parse(flags, args); err != nil {
		return err
	}
	if *workers < 1 || o.Objects < 0 || o.BigSize < 0 || o.Size < 0 {
		return usageError{errors.New("--workers must be positive, the other numbers must not be negative")}
	}
	client, err := fromEnvironment(ctx)
	if err != nil {
		return err
	}
	if err := ensureBucket(ctx, client, *bucket); err != nil {
		return err
	}
	objects := sample.Objects(o)
	var total int64
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(*workers)
	for _, object := range objects {
		total += object.Size
		group.Go(func() error {
			if err := write(groupCtx, client, *bucket, object); err != nil {
				return fmt.Errorf("writing s3://%s/%s: %w", *bucket, object.Key, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%d objects, %.1f MiB in s3://%s/%s\n", len(objects), float64(total)/(1<<20), *bucket, o.Prefix)
	return nil
}

// fromEnvironment makes a client by the usual AWS variables. Writing sample
// data to AWS itself is hardly ever meant, so the endpoint is required.
func fromEnvironment(ctx context.Context) (*s3.Client, error) {
	if os.Getenv("AWS_ENDPOINT_URL_S3") == "" && os.Getenv("AWS_ENDPOINT_URL") == "" {
		return nil, usageError{errors.New("AWS_ENDPOINT_URL_S3 is not set; run the export lines that pipeline-sandbox prints")}
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the AWS settings: %w", err)
	}
	return s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }), nil
}

// write stores one object, in parts if it is large.
func write(ctx context.Context, client *s3.Client, bucket string, o sample.Object) error {
	if o.Size > partSize {
		return writeParts(ctx, client, bucket, o)
	}
	data, err := io.ReadAll(o.Reader())
	if err != nil {
		return err
	}
	_, err = client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(o.Key), Body: bytes.NewReader(data)})
	return err
}

// writeParts leaves an object whose entity tag and checksum are made of those
// of its parts, as large objects have them.
func writeParts(ctx context.Context, client *s3.Client, bucket string, o sample.Object) error {
	upload, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: aws.String(bucket), Key: aws.String(o.Key), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32c,
	})
	if err != nil {
		return err
	}
	var parts []types.CompletedPart
	r, buf := o.Reader(), make([]byte, partSize)
	for number := int32(1); ; number++ {
		n, err := io.ReadFull(r, buf)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		part, err := client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: aws.String(bucket), Key: aws.String(o.Key), UploadId: upload.UploadId,
			PartNumber: aws.Int32(number), Body: bytes.NewReader(buf[:n]), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32c,
		})
		if err != nil {
			return err
		}
		parts = append(parts, types.CompletedPart{
			ETag: part.ETag, PartNumber: aws.Int32(number), ChecksumCRC32C: part.ChecksumCRC32C,
		})
	}
	_, err = client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: aws.String(bucket), Key: aws.String(o.Key), UploadId: upload.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	return err
}
