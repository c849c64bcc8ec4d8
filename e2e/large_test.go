//go:build e2e

package e2e

import (
	"bytes"
	"crypto/sha256"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// putLarge stores size bytes in parts of 64 MiB without holding them.
func (l *lab) putLarge(key string, size int64) {
	l.Helper()
	const part = 64 << 20
	up, err := l.s3.CreateMultipartUpload(l.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		l.Fatal(err)
	}
	sum := sha256.New()
	var parts []types.CompletedPart
	block := content(1, part)
	for n := int32(1); size > 0; n++ {
		b := block[:min(size, part)]
		b[0] = byte(n) // no two parts are the same
		size -= int64(len(b))
		sum.Write(b)
		p, err := l.s3.UploadPart(l.Context(), &s3.UploadPartInput{
			Bucket: aws.String(bucket), Key: aws.String(key), UploadId: up.UploadId, PartNumber: aws.Int32(n), Body: bytes.NewReader(b),
		})
		if err != nil {
			l.Fatal(err)
		}
		parts = append(parts, types.CompletedPart{ETag: p.ETag, PartNumber: aws.Int32(n), ChecksumCRC32: p.ChecksumCRC32})
	}
	_, err = l.s3.CompleteMultipartUpload(l.Context(), &s3.CompleteMultipartUploadInput{
		Bucket: aws.String(bucket), Key: aws.String(key), UploadId: up.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	if err != nil {
		l.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.objects[key] = sum.Sum(nil)
}
