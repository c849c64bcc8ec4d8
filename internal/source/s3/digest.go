package s3

import (
	"bytes"
	"hash"
)

// digest computes the value that a check wants, from bytes in order. For a
// check along parts it closes the digest of each part at its boundary and
// folds it into the outer one.
type digest struct {
	check check
	inner hash.Hash
	// The following serve checks along parts only.
	outer hash.Hash
	sizes []int64 // of the parts not yet closed
	left  int64   // of the current part
}

// newDigest takes the sizes of the parts where the check has parts.
func newDigest(c check, sizes []int64) *digest {
	d := &digest{check: c}
	if c.algorithm == "" {
		return d
	}
	d.inner = c.algorithm.new()
	if c.parts > 0 {
		d.outer = c.algorithm.new()
		d.sizes, d.left = sizes, sizes[0]
	}
	return d
}

func (d *digest) write(p []byte) {
	if d.inner == nil {
		return
	}
	if d.outer == nil {
		d.inner.Write(p)
		return
	}
	for len(p) > 0 && len(d.sizes) > 0 {
		n := min(int64(len(p)), d.left)
		d.inner.Write(p[:n])
		p, d.left = p[n:], d.left-n
		if d.left == 0 {
			d.closePart()
		}
	}
}

func (d *digest) closePart() {
	d.outer.Write(d.inner.Sum(nil))
	d.inner.Reset()
	d.sizes = d.sizes[1:]
	if len(d.sizes) > 0 {
		d.left = d.sizes[0]
	}
}

// agrees says, after the last byte, whether the bytes are those that the
// source promised; true where it promised nothing.
func (d *digest) agrees() bool {
	if d.inner == nil {
		return true
	}
	if d.outer == nil {
		return bytes.Equal(d.inner.Sum(nil), d.check.want)
	}
	// A multipart object of no bytes has one part of no bytes, which no write
	// has closed.
	for len(d.sizes) > 0 && d.left == 0 {
		d.closePart()
	}
	return len(d.sizes) == 0 && bytes.Equal(d.outer.Sum(nil), d.check.want)
}
