package emulator

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// blob is the bytes of one file: one segment, or the parts of a multi-part
// upload in order. It does not change once it is made, and copies of a package
// share it.
type blob struct {
	segments []segment
	size     int64
	digests  digests
	// owners counts the packages; Server.mu guards it.
	owners int
}

func newBlob(d digests, segs ...segment) *blob {
	b := &blob{segments: segs, digests: d}
	for _, seg := range segs {
		b.size += seg.size
	}
	return b
}

// corrupted makes b into what a store with a broken bit returns, digests
// included. An empty blob gets a byte, since it has no bit.
func (st *store) corrupted(b *blob) (*blob, error) {
	segs := append([]segment(nil), b.segments...)
	for i := len(segs) - 1; i >= 0; i-- {
		if segs[i].size == 0 && i > 0 {
			continue
		}
		if err := flip(&segs[i]); err != nil {
			return nil, err
		}
		break
	}
	d := newDigester()
	if err := st.digest(d, segs...); err != nil {
		return nil, err
	}
	return newBlob(d.sum(), segs...), nil
}

func flip(seg *segment) error {
	f, err := os.OpenFile(seg.path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("corrupting stored bytes: %w", err)
	}
	last := []byte{0}
	at := seg.size - 1
	if seg.size == 0 {
		at, seg.size = 0, 1
	} else if _, err = f.ReadAt(last, at); err == nil {
		last[0] ^= 1
	}
	if err == nil {
		_, err = f.WriteAt(last, at)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("corrupting stored bytes: %w", err)
	}
	return nil
}

// open returns a reader over all segments. Close it.
func (b *blob) open() (*blobReader, error) {
	r := &blobReader{size: b.size}
	for _, seg := range b.segments {
		f, err := os.Open(seg.path)
		if err != nil {
			_ = r.Close()
			return nil, fmt.Errorf("reading stored bytes: %w", err)
		}
		r.files = append(r.files, f)
		r.sizes = append(r.sizes, seg.size)
	}
	return r, nil
}

// blobReader reads segments as if they were one file.
type blobReader struct {
	files []*os.File
	sizes []int64
	size  int64
	pos   int64
}

func (r *blobReader) Read(p []byte) (int, error) {
	start := int64(0)
	for i, f := range r.files {
		if r.pos < start+r.sizes[i] {
			left := start + r.sizes[i] - r.pos
			n, err := f.ReadAt(p[:min(int64(len(p)), left)], r.pos-start)
			r.pos += int64(n)
			if err == io.EOF {
				err = nil
			}
			if n == 0 && err == nil {
				err = io.ErrUnexpectedEOF
			}
			return n, err
		}
		start += r.sizes[i]
	}
	return 0, io.EOF
}

// Seek allows what http.ServeContent asks for.
func (r *blobReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.pos
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return r.pos, errors.New("seeking before the start")
	}
	r.pos = offset
	return offset, nil
}

func (r *blobReader) Close() error {
	var errs []error
	for _, f := range r.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
