package s3

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/longshore/longshore/stages/stage"
)

// check is what a body will be compared with.
type check struct {
	// algorithm is empty where the source offers nothing.
	algorithm algorithm
	// want is the digest, raw.
	want []byte
	// parts is the number of parts whose digests want is a digest of, 0 for a
	// digest of the whole object.
	parts int
	// etag says that want came from an "md5-N" entity tag rather than from a
	// checksum header.
	etag bool
}

// proof names the check in claims and in the ledger: "crc64nvme", "md5-5",
// "composite-sha256-5".
func (c check) proof() stage.Proof {
	switch {
	case c.algorithm == "":
		return stage.ProofNone
	case c.parts == 0:
		return stage.Proof(c.algorithm)
	case c.etag:
		return stage.Proof(fmt.Sprintf("%s-%d", c.algorithm, c.parts))
	}
	return stage.Proof(fmt.Sprintf("composite-%s-%d", c.algorithm, c.parts))
}

// choose returns the possible checks of an object, best first: digests of the
// whole object before those along part boundaries, since they need no further
// request, and the cheaper algorithm first.
func choose(bucket string, m metadata) []check {
	var whole, composite []check
	for _, a := range byCost() {
		c, ok := ofHeader(a, m.checksums[a], m.checksumType)
		if !ok && a == md5Sum && m.md5ETag(bucket) {
			c, ok = ofETag(m.etag)
		}
		switch {
		case !ok:
		case c.parts == 0:
			whole = append(whole, c)
		default:
			composite = append(composite, c)
		}
	}
	return append(whole, composite...)
}

// ofHeader reads "base64" or, where it is a checksum of checksums, "base64-N".
func ofHeader(a algorithm, value string, t types.ChecksumType) (check, bool) {
	text, parts, ok := cutParts(value)
	if !ok || (parts == 0 && t == types.ChecksumTypeComposite) {
		return check{}, false
	}
	want, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(want) != a.new().Size() {
		return check{}, false
	}
	return check{algorithm: a, want: want, parts: parts}, true
}

// ofETag reads 32 hex digits, with "-N" behind them after a multipart upload.
// Anything else is a name that the store made up, and no digest.
func ofETag(etag string) (check, bool) {
	text, parts, ok := cutParts(etag)
	if !ok {
		return check{}, false
	}
	want, err := hex.DecodeString(text)
	if err != nil || len(want) != md5Sum.new().Size() {
		return check{}, false
	}
	return check{algorithm: md5Sum, want: want, parts: parts, etag: true}, true
}

func cutParts(s string) (text string, parts int, ok bool) {
	text, n, multi := strings.Cut(s, "-")
	if text == "" {
		return "", 0, false
	}
	if !multi {
		return text, 0, true
	}
	parts, err := strconv.Atoi(n)
	return text, parts, err == nil && parts > 0 && parts <= maxParts
}

// maxParts is the most that an upload may have.
const maxParts = 10_000
