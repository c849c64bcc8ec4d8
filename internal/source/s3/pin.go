package s3

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/longshore/longshore/stages/stage"
)

// pin names one object version in such a way that the store refuses to serve
// another.
type pin struct {
	bucket, key string
	etag        string // without quotes; empty where the store has none
	versionID   string
	size        int64
}

func pinOf(o stage.Object) pin {
	return pin{bucket: o.Bucket, key: o.Key, etag: o.ETag, versionID: o.VersionID, size: o.Size}
}

func (p pin) ifMatch() *string {
	if p.etag == "" {
		return nil
	}
	return aws.String(`"` + p.etag + `"`)
}

func (p pin) get() *s3.GetObjectInput {
	return &s3.GetObjectInput{Bucket: &p.bucket, Key: &p.key, IfMatch: p.ifMatch(), VersionId: optional(p.versionID)}
}

func (p pin) head() *s3.HeadObjectInput {
	return &s3.HeadObjectInput{Bucket: &p.bucket, Key: &p.key, IfMatch: p.ifMatch(), VersionId: optional(p.versionID)}
}

// admit compares an answer with the pin and returns the pin that holds for
// everything after it. Stores exist that ignore If-Match, so the entity tag is
// compared here too.
func (p pin) admit(m metadata) (pin, error) {
	if p.etag != "" && m.etag != "" && m.etag != p.etag {
		return p, fmt.Errorf("entity tag is now %q instead of %q: %w", m.etag, p.etag, stage.ErrChanged)
	}
	if p.versionID != "" && m.versionID != "" && m.versionID != p.versionID {
		return p, fmt.Errorf("version is now %q instead of %q: %w", m.versionID, p.versionID, stage.ErrChanged)
	}
	if m.size >= 0 && m.size != p.size {
		if p.etag == "" && p.versionID == "" {
			return p, fmt.Errorf("size is now %d instead of %d: %w", m.size, p.size, stage.ErrChanged)
		}
		// The same version cannot have another length: the answer is wrong.
		return p, corrupt("the answer announces %d bytes of an object of %d", m.size, p.size)
	}
	if p.etag == "" {
		p.etag = m.etag
	}
	if p.versionID == "" {
		p.versionID = m.versionID
	}
	return p, nil
}

func (p pin) String() string { return "s3://" + p.bucket + "/" + p.key }

// corrupt makes a retryable error for bytes that cannot be right.
func corrupt(format string, args ...any) error {
	return stage.Retry(fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), stage.ErrCorrupt), stage.Code("checksum"))
}
