package emulator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
)

// store keeps bytes in files: large segments in one each, small ones in packs.
// A name is never used twice, and bytes are written once.
type store struct {
	dir     string
	next    atomic.Uint64
	buffers sync.Pool
	packs   *packer
}

// bufferSize is a compromise: large objects go through in few system calls,
// and a thousand uploads at once need 128 MiB. What fits into a buffer is
// small.
const bufferSize = 128 << 10

func newStore(dir string) (*store, error) {
	st := &store{dir: dir, packs: &packer{dir: dir}}
	st.buffers.New = func() any { b := make([]byte, bufferSize); return &b }
	if err := st.clear(); err != nil {
		return nil, err
	}
	return st, nil
}

// clear drops all bytes.
func (st *store) clear() error {
	if err := st.remove(); err != nil {
		return err
	}
	if err := os.MkdirAll(st.dir, 0o700); err != nil {
		return fmt.Errorf("making the store: %w", err)
	}
	return nil
}

func (st *store) remove() error { return st.packs.clear() }

// segment is a range of a file of the store.
type segment struct {
	path         string
	offset, size int64
	// pack is nil where the file is the segment's own.
	pack *pack
}

// put writes r to a new segment and through to also, which may be nil. On an
// error nothing remains.
func (st *store) put(r io.Reader, also io.Writer) (segment, error) {
	buf := st.buffers.Get().(*[]byte) //nolint:forcetypeassert // nothing else is in the pool
	defer st.buffers.Put(buf)
	n, err := fill(r, *buf)
	start := (*buf)[:n]
	switch {
	case err == io.EOF: //nolint:errorlint // fill returns it bare
		if also != nil {
			_, _ = also.Write(start)
		}
		return st.packs.put(start)
	case err != nil:
		return segment{}, err
	}
	return st.putFile(io.MultiReader(bytes.NewReader(start), r), also)
}

// fill reads until buf is full or r ends. Unlike io.ReadFull it tells a reader
// that ends from one that breaks off, which is io.ErrUnexpectedEOF.
func fill(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var k int
		k, err = r.Read(buf[n:])
		n += k
	}
	return n, err
}

// putFile writes r to a file of its own.
func (st *store) putFile(r io.Reader, also io.Writer) (segment, error) {
	seg := segment{path: filepath.Join(st.dir, strconv.FormatUint(st.next.Add(1), 36))}
	f, err := os.OpenFile(seg.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return segment{}, fmt.Errorf("storing bytes: %w", err)
	}
	seg.size, err = st.copy(f, also, r)
	if err = errors.Join(err, f.Close()); err != nil {
		st.drop(seg)
		return segment{}, err
	}
	return seg, nil
}

// copy is io.Copy to two writers through a pooled buffer.
func (st *store) copy(to, also io.Writer, r io.Reader) (n int64, err error) {
	buf := st.buffers.Get().(*[]byte) //nolint:forcetypeassert // nothing else is in the pool
	defer st.buffers.Put(buf)
	for {
		k, readErr := r.Read(*buf)
		if k > 0 {
			n += int64(k)
			if _, err := to.Write((*buf)[:k]); err != nil {
				return n, fmt.Errorf("storing bytes: %w", err)
			}
			if also != nil {
				_, _ = also.Write((*buf)[:k])
			}
		}
		if readErr == io.EOF {
			return n, nil
		}
		if readErr != nil {
			return n, readErr
		}
	}
}

// drop removes segments. That one is not there, as after Reset, is fine.
func (st *store) drop(segs ...segment) {
	for _, seg := range segs {
		if seg.pack != nil {
			st.packs.drop(seg.pack)
			continue
		}
		_ = os.Remove(seg.path)
	}
}

// digest reads segs one after the other into d.
func (st *store) digest(d *digester, segs ...segment) error {
	for _, seg := range segs {
		f, err := os.Open(seg.path)
		if err != nil {
			return fmt.Errorf("reading stored bytes: %w", err)
		}
		_, err = st.copy(d, nil, io.NewSectionReader(f, seg.offset, seg.size))
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("reading stored bytes: %w", err)
		}
	}
	return nil
}
