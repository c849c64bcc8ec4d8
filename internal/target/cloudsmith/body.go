package cloudsmith

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/longshore/longshore/stages/stage"
)

// checkedBody reads the bytes of a publication and hashes them again on their
// way out. The bytes of the last read are handed on only once the whole is
// known to be right, so the far side never gets a complete wrong file.
type checkedBody struct {
	src  io.ReadCloser
	hash hash.Hash
	want string
	left int64
	// err is why reading ended, other than io.EOF. The transport may wrap or
	// replace it, so the sender asks here.
	err error
	// onRead is called after each read with its length.
	onRead func(n int)
}

// openBody opens the bytes of p. An error of Open keeps its class.
func openBody(ctx context.Context, p stage.Publication, onRead func(int)) (*checkedBody, error) {
	src, err := p.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening the bytes to publish: %w", err)
	}
	return &checkedBody{src: src, hash: sha256.New(), want: p.Digests.SHA256, left: p.Size, onRead: onRead}, nil
}

func (b *checkedBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.src.Read(p[:min(int64(len(p)), b.left)])
	b.hash.Write(p[:n])
	b.left -= int64(n)
	b.onRead(n)
	switch {
	case b.left == 0:
		if err := b.finish(); err != nil {
			b.err = err
			return 0, err
		}
		return n, nil
	case errors.Is(err, io.EOF):
		b.err = fmt.Errorf("%w: they end %d bytes early", stage.ErrClaimGone, b.left)
		return 0, b.err
	case err != nil:
		b.err = fmt.Errorf("reading the bytes to publish: %w", err)
		return n, b.err
	}
	return n, nil
}

// finish checks that the source ends here and that the digest is right.
func (b *checkedBody) finish() error {
	var more [1]byte
	for range 100 {
		n, err := b.src.Read(more[:])
		switch {
		case n > 0:
			return fmt.Errorf("%w: they go on after the size that was claimed", stage.ErrClaimGone)
		case errors.Is(err, io.EOF):
			if got := hex.EncodeToString(b.hash.Sum(nil)); got != b.want {
				return fmt.Errorf("%w: their sha256 is %s, not %s", stage.ErrClaimGone, got, b.want)
			}
			return nil
		case err != nil:
			return fmt.Errorf("reading the bytes to publish: %w", err)
		}
	}
	return fmt.Errorf("reading the bytes to publish: %w", io.ErrNoProgress)
}

// checkEmpty does for no bytes what Read does for some: nothing asks to read
// them.
func (b *checkedBody) checkEmpty() error {
	if b.left == 0 && b.err == nil {
		b.err = b.finish()
	}
	return b.err
}

// skip reads n bytes that were sent before.
func (b *checkedBody) skip(n int64) error {
	_, err := io.CopyN(io.Discard, b, n)
	return err
}

func (b *checkedBody) close() { _ = b.src.Close() }
