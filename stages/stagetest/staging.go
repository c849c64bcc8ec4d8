package stagetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/minio/crc64nvme"

	"github.com/longshore/longshore/stages/stage"
)

// Staging is a staging area in memory.
type Staging struct {
	mu     sync.Mutex
	staged map[stage.ClaimName][]byte
	quota  int64 // 0 means none
	used   int64 // staged bytes and those that are being written
	room   chan struct{}
}

func newStaging() *Staging {
	return &Staging{staged: map[stage.ClaimName][]byte{}}
}

// Quota limits the bytes that are staged at a time; 0 lifts the limit.
func (s *Staging) Quota(bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quota = bytes
}

// Names lists what is staged.
func (s *Staging) Names() []stage.ClaimName {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.staged))
}

// Flip changes one bit of staged bytes.
func (s *Staging) Flip(name stage.ClaimName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := bytes.Clone(s.staged[name]); len(b) > 0 {
		b[len(b)/2] ^= 1
		s.staged[name] = b
	}
}

// Put implements stage.Staging.
func (s *Staging) Put(ctx context.Context, name stage.ClaimName, size int64, r io.Reader) (stage.Claim, error) {
	if name == "" || size < 0 {
		return stage.Claim{}, stage.NotRetryable(fmt.Errorf("staging %q: no bytes can have that name and a size of %d", name, size))
	}
	if err := s.reserve(ctx, size); err != nil {
		return stage.Claim{}, fmt.Errorf("waiting for room to stage %s: %w", name, err)
	}
	content, err := readAll(ctx, r, size)
	if err == nil && int64(len(content)) != size {
		err = fmt.Errorf("more or fewer than the %d bytes that were announced: %w", size, stage.ErrCorrupt)
	}
	if err != nil {
		s.giveBack(size)
		return stage.Claim{}, fmt.Errorf("staging %s: %w", name, err)
	}
	s.keep(name, content)
	return stage.Claim{Name: name, Size: size, CRC64NVME: fmt.Sprintf("%016x", crc64nvme.Checksum(content))}, nil
}

// reserve waits until size bytes fit. Bytes that could never fit are let in
// when the area is empty.
func (s *Staging) reserve(ctx context.Context, size int64) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		room := s.tryReserve(size)
		if room == nil {
			return nil
		}
		select {
		case <-room:
		case <-ctx.Done():
		}
	}
}

func (s *Staging) tryReserve(size int64) (wait <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.quota == 0 || s.used == 0 || size <= s.quota-s.used {
		s.used += size
		return nil
	}
	if s.room == nil {
		s.room = make(chan struct{})
	}
	return s.room
}

func (s *Staging) giveBack(size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free(size)
}

func (s *Staging) free(size int64) {
	s.used -= size
	if s.room != nil {
		close(s.room)
		s.room = nil
	}
}

func (s *Staging) keep(name stage.ClaimName, content []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.staged[name]; ok {
		s.free(int64(len(old)))
	}
	s.staged[name] = content
}

// Open implements stage.Staging.
func (s *Staging) Open(ctx context.Context, c stage.Claim) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	content, ok := s.staged[c.Name]
	if !ok || int64(len(content)) != c.Size {
		return nil, fmt.Errorf("opening %s: %w", c.Name, stage.ErrClaimGone)
	}
	return io.NopCloser(chunked{bytes.NewReader(content)}), nil
}

// Release implements stage.Staging.
func (s *Staging) Release(ctx context.Context, name stage.ClaimName) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if content, ok := s.staged[name]; ok {
		s.free(int64(len(content)))
		delete(s.staged, name)
	}
	return nil
}

// chunked yields at most readSize bytes at a time.
type chunked struct{ r io.Reader }

func (c chunked) Read(p []byte) (int, error) { return c.r.Read(p[:min(len(p), readSize)]) }

// readAll reads r to its end, but not far beyond size, and stops with ctx.
func readAll(ctx context.Context, r io.Reader, size int64) ([]byte, error) {
	var content bytes.Buffer
	buf := make([]byte, readSize)
	for int64(content.Len()) <= size {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := r.Read(buf)
		content.Write(buf[:n])
		if err == io.EOF { // a reader returns io.EOF itself
			break
		}
		if err != nil {
			return nil, err
		}
	}
	return content.Bytes(), nil
}
