package emulator

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
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
	segs := slices.Clone(b.segments)
	last := len(segs) - 1
	for last > 0 && segs[last].size == 0 {
		last--
	}
	if err := st.flip(&segs[last]); err != nil {
		return nil, err
	}
	d := newDigester()
	if err := st.digest(d, segs...); err != nil {
		return nil, err
	}
	return newBlob(d.sum(), segs...), nil
}

// flip changes the last bit of seg.
func (st *store) flip(seg *segment) error {
	if seg.size == 0 {
		st.drop(*seg)
		longer, err := st.packs.put([]byte{0})
		*seg = longer
		return err
	}
	f, err := os.OpenFile(seg.path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("corrupting stored bytes: %w", err)
	}
	last, at := []byte{0}, seg.offset+seg.size-1
	if _, err = f.ReadAt(last, at); err == nil {
		last[0] ^= 1
		_, err = f.WriteAt(last, at)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("corrupting stored bytes: %w", err)
	}
	return nil
}

// open returns a reader over all segments. Close it.
func (b *blob) open() (*blobReader, error) {
	r := &blobReader{segments: b.segments, size: b.size}
	for _, seg := range b.segments {
		f, err := os.Open(seg.path)
		if err != nil {
			_ = r.Close()
			return nil, fmt.Errorf("reading stored bytes: %w", err)
		}
		r.files = append(r.files, f)
	}
	return r, nil
}

// blobReader reads segments as if they were one file.
type blobReader struct {
	files    []*os.File
	segments []segment
	size     int64
	pos      int64
}

func (r *blobReader) Read(p []byte) (int, error) {
	start := int64(0)
	for i, f := range r.files {
		seg := r.segments[i]
		if r.pos < start+seg.size {
			left := start + seg.size - r.pos
			n, err := f.ReadAt(p[:min(int64(len(p)), left)], seg.offset+r.pos-start)
			r.pos += int64(n)
			if err == io.EOF {
				err = nil
			}
			if n == 0 && err == nil {
				err = io.ErrUnexpectedEOF
			}
			return n, err
		}
		start += seg.size
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
