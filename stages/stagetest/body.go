package stagetest

import (
	"bytes"
	"crypto/md5" // entity tags are MD5
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/longshore/longshore/stages/stage"
)

// readSize is how much one Read of the World yields at most, so that every
// transfer takes several.
const readSize = 1 << 10

// body is the content of one object version. It ends well only if the bytes
// agree with the entity tag.
type body struct {
	r      *bytes.Reader
	object stage.Object
	md5    hash.Hash
	read   int64
	proof  stage.Proof
	closed bool
}

func newBody(content []byte, o stage.Object) *body {
	return &body{r: bytes.NewReader(content), object: o, md5: md5.New(), proof: stage.ProofNone}
}

var errClosed = errors.New("reading a closed body")

func (b *body) Read(p []byte) (int, error) {
	if b.closed {
		return 0, errClosed
	}
	n, err := b.r.Read(p[:min(len(p), readSize)])
	b.md5.Write(p[:n])
	b.read += int64(n)
	if err == nil {
		return n, nil
	}
	return n, b.end()
}

// end is io.EOF if everything is right.
func (b *body) end() error {
	if got := hex.EncodeToString(b.md5.Sum(nil)); got != b.object.ETag || b.read != b.object.Size {
		return fmt.Errorf("reading %q: %d bytes with MD5 %s, listed as %d with %s: %w",
			b.object.Key, b.read, got, b.object.Size, b.object.ETag, stage.ErrCorrupt)
	}
	b.proof = stage.ProofMD5
	return io.EOF
}

func (b *body) Proof() stage.Proof { return b.proof }

func (b *body) Close() error {
	b.closed = true
	return nil
}
