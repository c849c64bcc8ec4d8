package s3

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// metadata is what an answer about an object tells about its version and
// checksums.
type metadata struct {
	etag      string
	versionID string
	// size is -1 where the answer does not tell that of the whole object.
	size int64
	// encryption and customerKey make the entity tag something else than an
	// MD5.
	encryption  types.ServerSideEncryption
	customerKey bool
	// checksums as in the headers: base64, with "-N" behind it where it is
	// one of N part checksums.
	checksums    map[algorithm]string
	checksumType types.ChecksumType
}

// md5ETag says whether the entity tag is made of MD5 digests.
func (m metadata) md5ETag(bucket string) bool {
	return !m.customerKey && !strings.HasPrefix(string(m.encryption), "aws:kms") && !isDirectoryBucket(bucket)
}

func ofHead(out *s3.HeadObjectOutput) metadata {
	size := int64(-1)
	if out.ContentLength != nil {
		size = *out.ContentLength
	}
	return metadata{
		etag:        unquote(out.ETag),
		versionID:   version(out.VersionId),
		size:        size,
		encryption:  out.ServerSideEncryption,
		customerKey: out.SSECustomerAlgorithm != nil,
		checksums: known(map[algorithm]*string{
			crc64nvmeSum: out.ChecksumCRC64NVME, crc32cSum: out.ChecksumCRC32C, crc32Sum: out.ChecksumCRC32,
			sha1Sum: out.ChecksumSHA1, sha256Sum: out.ChecksumSHA256,
		}),
		checksumType: out.ChecksumType,
	}
}

func ofGet(out *s3.GetObjectOutput) metadata {
	size := int64(-1)
	if total, ok := totalOf(aws.ToString(out.ContentRange)); ok {
		size = total
	} else if out.ContentRange == nil && out.ContentLength != nil {
		size = *out.ContentLength
	}
	m := metadata{
		etag:         unquote(out.ETag),
		versionID:    version(out.VersionId),
		size:         size,
		encryption:   out.ServerSideEncryption,
		customerKey:  out.SSECustomerAlgorithm != nil,
		checksumType: out.ChecksumType,
	}
	// On a ranged answer they may be those of the range or of the object,
	// depending on the store.
	if out.ContentRange == nil {
		m.checksums = known(map[algorithm]*string{
			crc64nvmeSum: out.ChecksumCRC64NVME, crc32cSum: out.ChecksumCRC32C, crc32Sum: out.ChecksumCRC32,
			sha1Sum: out.ChecksumSHA1, sha256Sum: out.ChecksumSHA256,
		})
	}
	return m
}

func known(headers map[algorithm]*string) map[algorithm]string {
	sums := map[algorithm]string{}
	for a, v := range headers {
		if v != nil && *v != "" {
			sums[a] = *v
		}
	}
	return sums
}
