package emulator

import (
	"crypto/md5"  //nolint:gosec // what packages are listed with
	"crypto/sha1" //nolint:gosec // same
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
)

// digests of stored bytes, raw.
type digests struct {
	md5    [md5.Size]byte
	sha1   [sha1.Size]byte
	sha256 [sha256.Size]byte
	sha512 [sha512.Size]byte
}

func (d *digests) md5Hex() string    { return hex.EncodeToString(d.md5[:]) }
func (d *digests) sha256Hex() string { return hex.EncodeToString(d.sha256[:]) }

// has says whether the lower-case hex digest h is one of d.
func (d *digests) has(h string) bool {
	switch len(h) {
	case 2 * md5.Size:
		return h == d.md5Hex()
	case 2 * sha1.Size:
		return h == hex.EncodeToString(d.sha1[:])
	case 2 * sha256.Size:
		return h == d.sha256Hex()
	case 2 * sha512.Size:
		return h == hex.EncodeToString(d.sha512[:])
	}
	return false
}

// digester computes the four digests that the API shows.
type digester struct {
	md5, sha1, sha256, sha512 hash.Hash
}

func newDigester() *digester {
	return &digester{md5.New(), sha1.New(), sha256.New(), sha512.New()} //nolint:gosec // as above
}

// Write never fails.
func (d *digester) Write(p []byte) (int, error) {
	d.md5.Write(p)
	d.sha1.Write(p)
	d.sha256.Write(p)
	d.sha512.Write(p)
	return len(p), nil
}

// sum returns the digests of what was written so far.
func (d *digester) sum() digests {
	var out digests
	d.md5.Sum(out.md5[:0])
	d.sha1.Sum(out.sha1[:0])
	d.sha256.Sum(out.sha256[:0])
	d.sha512.Sum(out.sha512[:0])
	return out
}

// keys are the digests that searches find without reading every package. Raw
// bytes make smaller map keys than hex, and the length tells the kind.
func (d *digests) keys() []string { return []string{string(d.md5[:]), string(d.sha256[:])} }
