package hash

import (
	"context"
	"crypto/md5" //nolint:gosec // a checksum that formats ask for, not a protection
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/minio/crc64nvme"

	"github.com/longshore/longshore/stages/stage"
)

// buffer is what is read at once: large enough to make every call cheap,
// small enough for the cache that the digests share.
type buffer [256 << 10]byte

// sums are what was found in a stream.
type sums struct {
	size    int64
	crc     string
	digests stage.Digests
}

// read digests r to its end.
func (h *handler) read(ctx context.Context, r io.Reader) (sums, error) {
	ring := make([]*buffer, h.method.held+1)
	for i := range ring {
		ring[i] = h.buffers.Get().(*buffer) //nolint:forcetypeassert // nothing else is in the pool
		defer h.buffers.Put(ring[i])        //nolint:gocritic // all of them go back at the end
	}
	sha := h.method.open()
	// Lanes keep a stream until it is summed or reset, and look into its
	// buffers. Deferred last, this runs before the buffers go back.
	defer sha.Reset()
	var sum5 hash.Hash
	if h.md5 {
		sum5 = md5.New() //nolint:gosec // see the import
	}
	crc := crc64nvme.New()

	var s sums
	for i := 0; ; i++ {
		n, err := fill(ctx, r, ring[i%len(ring)][:])
		if err != nil && !errors.Is(err, io.EOF) {
			return sums{}, err
		}
		write(ring[i%len(ring)][:n], sha, sum5, crc)
		s.size += int64(n)
		if err != nil {
			break
		}
	}
	s.crc = fmt.Sprintf("%016x", crc.Sum64())
	s.digests.SHA256 = hex.EncodeToString(sha.Sum(nil))
	if sum5 != nil {
		s.digests.MD5 = hex.EncodeToString(sum5.Sum(nil))
	}
	return s, nil
}

// write feeds p to all hashes. MD5 gets a goroutine of its own: the two depend
// on nothing of each other, and one after the other takes the sum of both
// times.
func write(p []byte, sha, sum5 hash.Hash, crc hash.Hash64) {
	var wg sync.WaitGroup
	if sum5 != nil {
		wg.Go(func() { sum5.Write(p) })
	}
	crc.Write(p)
	sha.Write(p)
	wg.Wait()
}

// fill reads until p is full or r fails; the error is r's own. Unlike
// io.ReadFull it does not call the end of r an unexpected one, which r may
// have reasons to say itself. It looks at ctx before every Read, since a file
// knows nothing of it.
func fill(ctx context.Context, r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		var m int
		m, err = r.Read(p[n:])
		n += m
	}
	return n, err
}
