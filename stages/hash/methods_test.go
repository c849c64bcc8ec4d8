package hash

import (
	"bytes"
	"context"
	stdsha "crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// server starts the lanes once for all tests, since nothing stops them.
var server = sync.OnceValues(startLanes)

func methods() []method {
	all := single()
	if m, ok := server(); ok {
		all = append(all, m)
	}
	return all
}

func reading(m method) *handler {
	return &handler{method: m, buffers: sync.Pool{New: func() any { return new(buffer) }}}
}

// Every method must agree with the standard library, also with more streams
// than lanes, with lengths that end within a block, and with buffers that are
// used again.
func TestEveryMethodAgreesWithTheStandardLibrary(t *testing.T) {
	for _, m := range methods() {
		t.Run(m.name, func(t *testing.T) {
			h := reading(m)
			var wg sync.WaitGroup
			for i := range 40 {
				wg.Go(func() {
					content := make([]byte, 3*len(buffer{})+i*37)
					_, _ = rand.NewChaCha8([32]byte{byte(i)}).Read(content)
					s, err := h.read(context.Background(), bytes.NewReader(content))
					sum := stdsha.Sum256(content)
					if err != nil || s.digests.SHA256 != hex.EncodeToString(sum[:]) {
						t.Errorf("stream %d: got %s, %v, want %x", i, s.digests.SHA256, err, sum)
					}
				})
			}
			wg.Wait()
		})
	}
}

// A stream that is given up leaves nothing in its lane that could get into the
// next one.
func TestAStreamGivenUpDoesNotDisturbOthers(t *testing.T) {
	for _, m := range methods() {
		t.Run(m.name, func(t *testing.T) {
			h := reading(m)
			content := make([]byte, 4*len(buffer{}))
			sum := stdsha.Sum256(content)
			for range 2 * laneWidth {
				ctx, cancel := context.WithCancel(t.Context())
				_, err := h.read(ctx, &cancelling{bytes.NewReader(bytes.Repeat([]byte("x"), 3*len(buffer{}))), cancel, 2 * len(buffer{})})
				require.ErrorIs(t, err, context.Canceled)
				s, err := h.read(t.Context(), bytes.NewReader(content))
				require.NoError(t, err)
				require.Equal(t, hex.EncodeToString(sum[:]), s.digests.SHA256)
			}
		})
	}
}

// cancelling cancels once that many bytes were read.
type cancelling struct {
	*bytes.Reader
	cancel context.CancelFunc
	left   int
}

func (c *cancelling) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if c.left -= n; c.left <= 0 {
		c.cancel()
	}
	return n, err
}

// This is why lanes have held. If it fails, a newer library is done with what
// it is given when Write returns, and held can go.
func TestLanesLookIntoABufferAfterWriteHasReturned(t *testing.T) {
	m, ok := server()
	if !ok {
		t.Skip("this CPU has no AVX-512")
	}
	var buf buffer
	sum := stdsha.Sum256(buf[:])
	for range 50 { // the server would have to win a millisecond every time
		clear(buf[:])
		h := m.open()
		h.Write(buf[:])
		buf[len(buf)-1] = 1
		if !bytes.Equal(h.Sum(nil), sum[:]) {
			return
		}
	}
	t.Error("no digest came out wrong")
}

func TestChoosing(t *testing.T) {
	t.Run("a clock that stands still chooses the standard library", func(t *testing.T) {
		at := time.Unix(0, 0)
		require.Equal(t, "crypto/sha256", choose(func() time.Time { return at }, true).name)
	})
	t.Run("takes less than 50 ms of this machine", func(t *testing.T) {
		best := time.Hour
		for range 3 { // other processes may take the CPU once, hardly always
			start := time.Now()
			choose(time.Now, false)
			best = min(best, time.Since(start))
		}
		require.Less(t, best, 50*time.Millisecond)
	})
	t.Run("a later method must be faster by more than noise", func(t *testing.T) {
		// A clock that the methods move, as if they took that time.
		var at time.Time
		costing := func(name string, d time.Duration) method {
			return method{name: name, open: func() hash.Hash { at = at.Add(d); return stdsha.New() }}
		}
		c := contest{now: func() time.Time { return at }, sample: make([]byte, sampleSize)}
		c.enter(costing("first", sampleSize), 1)
		require.InEpsilon(t, 1e9, c.rate, 0.001)
		c.enter(costing("hardly faster", sampleSize*95/100), 1)
		require.Equal(t, "first", c.best.name)
		c.enter(costing("faster", sampleSize/2), 1)
		require.Equal(t, "faster", c.best.name)
		c.enter(costing("slower", sampleSize), 1)
		require.Equal(t, "faster", c.best.name)
	})
}

// BenchmarkSum prints bytes a second of all streams together. The standard
// library and sha256-simd use as many cores as there are; lanes use one.
func BenchmarkSum(b *testing.B) {
	for _, m := range methods() {
		for _, streams := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/%d streams", m.name, streams), func(b *testing.B) {
				benchmarkStreams(b, reading(m), streams)
			})
		}
	}
	for _, streams := range []int{1, 16} {
		b.Run(fmt.Sprintf("with MD5/%d streams", streams), func(b *testing.B) {
			h := reading(single()[0])
			h.md5 = true
			benchmarkStreams(b, h, streams)
		})
	}
}

func benchmarkStreams(b *testing.B, h *handler, streams int) {
	const size = 8 << 20
	content := make([]byte, size)
	b.SetBytes(int64(streams) * size)
	for b.Loop() {
		var wg sync.WaitGroup
		for range streams {
			wg.Go(func() {
				if _, err := h.read(context.Background(), bytes.NewReader(content)); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
	}
}
