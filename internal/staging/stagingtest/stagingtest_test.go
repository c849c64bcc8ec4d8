package stagingtest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/minio/crc64nvme"

	"github.com/longshore/longshore/internal/staging/stagingtest"
	"github.com/longshore/longshore/stages/stage"
)

// memory is a small staging area that can be broken in one way.
type memory struct {
	flaw string

	mu     sync.Mutex
	staged map[stage.ClaimName][]byte
}

func newMemory(flaw string) *memory {
	return &memory{flaw: flaw, staged: map[stage.ClaimName][]byte{}}
}

func (m *memory) is(flaw string) bool { return m.flaw == flaw }

func (m *memory) key(name stage.ClaimName) stage.ClaimName {
	if m.is("mixes names up") {
		return "the only one"
	}
	return name
}

func (m *memory) set(name stage.ClaimName, b []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old := m.staged[m.key(name)]; m.is("writes in place") && len(old) == len(b) {
		clear(old)
	}
	m.staged[m.key(name)] = b
}

func (m *memory) get(name stage.ClaimName) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.staged[m.key(name)]
	return b, ok
}

func (m *memory) Put(ctx context.Context, name stage.ClaimName, size int64, r io.Reader) (stage.Claim, error) {
	if _, there := m.get(name); there && m.is("refuses a second put") {
		return stage.Claim{}, errors.New("there already")
	}
	if m.is("removes before it writes") {
		m.remove(name)
	}
	var b bytes.Buffer
	for part := make([]byte, 64<<10); ; {
		if err := ctx.Err(); err != nil && !m.is("ignores ctx") {
			return stage.Claim{}, err
		}
		n, err := r.Read(part)
		if m.is("drops data that comes with the end") && err != nil {
			n = 0
		}
		b.Write(part[:n])
		if m.is("shows what it has so far") {
			m.set(name, bytes.Clone(b.Bytes()))
		}
		if err == io.EOF || errors.Is(err, io.EOF) && m.is("takes an explained end for the end") || errors.Is(err, io.ErrUnexpectedEOF) && m.is("takes an unexpected end for the end") {
			break
		}
		if err != nil && m.is("hides the reader's error") {
			return stage.Claim{}, errors.New("reading")
		}
		if err != nil {
			return stage.Claim{}, fmt.Errorf("reading: %w", err)
		}
	}
	if int64(b.Len()) < size && !m.is("keeps short reads") || int64(b.Len()) > size && !m.is("keeps long reads") {
		return stage.Claim{}, stage.ErrCorrupt
	}
	if m.is("keeps no empty object") && size == 0 {
		return stage.Claim{Name: name, CRC64NVME: "0000000000000000"}, nil
	}
	m.set(name, b.Bytes())
	sum := crc64nvme.Checksum(b.Bytes())
	if m.is("claims a wrong checksum") {
		sum++
	}
	return stage.Claim{Name: name, Size: size, CRC64NVME: fmt.Sprintf("%016x", sum)}, nil
}

func (m *memory) remove(name stage.ClaimName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.staged, m.key(name))
}

func (m *memory) Open(ctx context.Context, c stage.Claim) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil && !m.is("ignores ctx") {
		return nil, err
	}
	b, ok := m.get(c.Name)
	switch {
	case !ok && m.is("has its own error for what is gone"):
		return nil, errors.New("no such claim")
	case !ok, int64(len(b)) != c.Size && !m.is("opens any length"):
		return nil, stage.ErrClaimGone
	}
	if m.is("reads once only") {
		m.remove(c.Name)
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}

func (m *memory) Release(ctx context.Context, name stage.ClaimName) error {
	if err := ctx.Err(); err != nil && !m.is("ignores ctx") {
		return err
	}
	if _, there := m.get(name); !there && m.is("releases once only") {
		return stage.ErrNotFound
	}
	if !m.is("keeps what is released") {
		m.remove(name)
	}
	return nil
}

func TestASoundStagingAreaPasses(t *testing.T) {
	stagingtest.Run(t, func(*testing.T) stage.Staging { return newMemory("") })
}

func TestEveryFlawIsCaughtByThePromiseItBreaks(t *testing.T) {
	for flaw, promise := range map[string]string{
		"claims a wrong checksum":             "gives back the bytes that were put",
		"reads once only":                     "gives back the bytes that were put",
		"keeps no empty object":               "keeps an empty object",
		"drops data that comes with the end":  "takes readers as they come",
		"mixes names up":                      "keeps two names apart",
		"shows what it has so far":            "shows nothing before all is written",
		"hides the reader's error":            "keeps nothing when the reader fails",
		"takes an unexpected end for the end": "keeps nothing when the reader fails",
		"takes an explained end for the end":  "keeps nothing when the reader fails",
		"keeps short reads":                   "keeps nothing when the reader ends early",
		"keeps long reads":                    "keeps nothing when the reader goes on too long",
		"removes before it writes":            "keeps the first copy when a second one fails",
		"refuses a second put":                "takes a name twice",
		"writes in place":                     "leaves readers alone when a name is put again",
		"has its own error for what is gone":  "has nothing under a name that was never put",
		"opens any length":                    "has nothing in another length than was claimed",
		"keeps what is released":              "has nothing after a release",
		"releases once only":                  "releases twice",
		"ignores ctx":                         "does nothing when ctx is over",
	} {
		t.Run(flaw, func(t *testing.T) {
			for _, c := range stagingtest.Cases() {
				if c.Name != promise {
					continue
				}
				if err := c.Check(t.Context(), newMemory(flaw)); err == nil {
					t.Errorf("not caught by %q", promise)
				}
				return
			}
			t.Errorf("no promise is called %q", promise)
		})
	}
}
