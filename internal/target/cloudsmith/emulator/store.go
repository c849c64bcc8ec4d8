package emulator

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
)

// store keeps bytes in files. A file is written once, under a name that was
// never used before, and belongs to one segment.
type store struct {
	dir     string
	next    atomic.Uint64
	buffers sync.Pool
}

// bufferSize is a compromise: large objects go through in few system calls,
// and a thousand uploads at once need 128 MiB.
const bufferSize = 128 << 10

func newStore(dir string) (*store, error) {
	st := &store{dir: dir}
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

func (st *store) remove() error {
	if err := os.RemoveAll(st.dir); err != nil {
		return fmt.Errorf("removing stored bytes: %w", err)
	}
	return nil
}

// segment is a file of the store.
type segment struct {
	path string
	size int64
}

// put writes r to a new segment and through to also, which may be nil. On an
// error nothing remains.
func (st *store) put(r io.Reader, also io.Writer) (segment, error) {
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
	buf := st.buffers.Get().(*[]byte)
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
		_, err = st.copy(d, nil, f)
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("reading stored bytes: %w", err)
		}
	}
	return nil
}
