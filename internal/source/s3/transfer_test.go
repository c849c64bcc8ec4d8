package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// firstGets handles the first n GETs of an object.
func firstGets(n int64, handle http.HandlerFunc) func(http.ResponseWriter, *http.Request, string) bool {
	var seen atomic.Int64
	return func(w http.ResponseWriter, r *http.Request, key string) bool {
		if r.Method != http.MethodGet || key == "" || r.URL.Query().Has("attributes") || seen.Add(1) > n {
			return false
		}
		handle(w, r)
		return true
	}
}

const always = 1 << 40

func TestBrokenTransfers(t *testing.T) {
	content := noise(300_000)
	etag := newFakeStore().put("k", content).headers.Get("Etag")
	half := func(w http.ResponseWriter) {
		w.Header().Set("Etag", etag)
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		w.Write(content[:150_000])
		w.(http.Flusher).Flush()
	}
	for _, tc := range []struct {
		sentence string
		handle   http.HandlerFunc
	}{
		{"a reset in the middle is resumed", func(w http.ResponseWriter, r *http.Request) {
			half(w)
			reset(w)
		}},
		{"a reset before the answer is tried again", func(w http.ResponseWriter, r *http.Request) { reset(w) }},
		{"a connection that goes silent is dropped and resumed", func(w http.ResponseWriter, r *http.Request) {
			half(w)
			<-r.Context().Done()
		}},
		{"an answer that never comes is not waited for", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		{"a 500 is tried again", func(w http.ResponseWriter, r *http.Request) {
			refuse(w, http.StatusInternalServerError, "InternalError")
		}},
		{"a 503 is tried again", func(w http.ResponseWriter, r *http.Request) {
			refuse(w, http.StatusServiceUnavailable, "SlowDown")
		}},
		{"an answer with another length than the object is tried again", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Etag", etag)
			w.Write(content[:299_999])
		}},
	} {
		t.Run(tc.sentence, func(t *testing.T) {
			f, s := fake(t, Options{ReadTimeout: 100 * time.Millisecond})
			f.put("k", content)
			f.intercept = firstGets(1, tc.handle)
			got, proof, err := readObject(t, s, "k")
			if err != nil || !bytes.Equal(got, content) || proof != stage.ProofMD5 {
				t.Fatalf("%d bytes, proof %q, %v", len(got), proof, err)
			}
		})
		t.Run("when it goes on for ever: "+tc.sentence, func(t *testing.T) {
			f, s := fake(t, Options{ReadTimeout: 50 * time.Millisecond, Tries: 2})
			f.put("k", content)
			f.intercept = firstGets(always, tc.handle)
			began := time.Now()
			got, _, err := readObject(t, s, "k")
			if err == nil {
				t.Fatalf("%d bytes passed for the whole", len(got))
			}
			if c := stage.ClassOf(err); c != stage.Retryable && c != stage.Throttled {
				t.Errorf("class %s: %v", c, err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %v to give up", took)
			}
		})
	}
}

func reset(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

func TestResumedTransferAsksOnlyForTheRest(t *testing.T) {
	f, s := fake(t, Options{})
	f.put("k", noise(1000))
	f.cuts["k"] = cut{at: 400}
	if _, _, err := readObject(t, s, "k"); err != nil {
		t.Fatal(err)
	}
	if f.count("GET k bytes=400-999") != 1 || f.count("GET") != 2 {
		t.Fatalf("%q", f.requests)
	}
}

func TestOverlongAnswersAreRefused(t *testing.T) {
	content := noise(1000)
	for _, extra := range []int{1, 1000} {
		for _, announced := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d bytes too many, announced %v", extra, announced), func(t *testing.T) {
				f, s := fake(t, Options{Tries: 2})
				o := f.put("k", content)
				f.intercept = firstGets(always, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Etag", o.headers.Get("Etag"))
					if announced {
						w.Header().Set("Content-Length", strconv.Itoa(len(content)+extra))
					}
					w.(http.Flusher).Flush()
					w.Write(content)
					w.Write(make([]byte, extra))
				})
				if _, _, err := readObject(t, s, "k"); !errors.Is(err, stage.ErrCorrupt) {
					t.Fatal(err)
				}
			})
		}
	}
}

func TestWrongRangesAreRefused(t *testing.T) {
	content := noise(1000)
	for name, contentRange := range map[string]string{
		"another beginning": "bytes 200-899/1000", "no range at all": "", "nonsense": "bytes x", "another total": "bytes 100-899/900",
	} {
		t.Run(name, func(t *testing.T) {
			f, s := fake(t, Options{Tries: 2})
			o := f.put("k", content)
			f.intercept = firstGets(always, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Etag", o.headers.Get("Etag"))
				if contentRange != "" {
					w.Header().Set("Content-Range", contentRange)
				}
				w.Header().Set("Content-Length", "800")
				w.WriteHeader(http.StatusPartialContent)
				w.Write(content[:800])
			})
			r, err := s.OpenRange(t.Context(), listed(t, s, "k"), 100, 800)
			if err == nil {
				r.Close()
			}
			if !errors.Is(err, stage.ErrCorrupt) {
				t.Fatal(err)
			}
		})
	}
}

// F8 of the fault matrix: every cut is noticed, whatever the size of object,
// range and cut.
func TestEveryCutIsNoticed(t *testing.T) {
	cases := 10_000
	if testing.Short() {
		cases = 500
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	f, s := fake(t, Options{PartBytes: 1000, BufferBytes: 4000, Tries: 2})
	content := noise(5000)
	for range cases {
		size := 1 + rnd.IntN(len(content))
		c := cut{at: rnd.Int64N(int64(size)), always: rnd.IntN(2) == 0}
		f.put("k", content[:size])
		o := listed(t, s, "k")
		f.mu.Lock()
		f.requests, f.cuts["k"] = nil, c
		f.mu.Unlock()
		b, err := s.Open(t.Context(), o)
		var got []byte
		if err == nil {
			got, err = io.ReadAll(b)
			b.Close()
		}
		if c.always && err == nil {
			t.Fatalf("size %d, cut %+v: passed for the whole", size, c)
		}
		if err == nil && !bytes.Equal(got, content[:size]) {
			t.Fatalf("size %d, cut %+v: %d wrong bytes", size, c, len(got))
		}
		if err != nil && stage.ClassOf(err) != stage.Retryable {
			t.Fatalf("size %d, cut %+v: class %s: %v", size, c, stage.ClassOf(err), err)
		}
	}
}

func TestOverwriteInMidReadIsNeverAMixture(t *testing.T) {
	f, s := fake(t, Options{PartBytes: 1000, BufferBytes: 1})
	f.put("k", noise(5000))
	b, err := s.Open(t.Context(), listed(t, s, "k"))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := io.ReadFull(b, make([]byte, 1500)); err != nil {
		t.Fatal(err)
	}
	other := noise(5000)
	other[4999] ^= 1
	f.put("k", other)
	if _, err := io.Copy(io.Discard, b); !errors.Is(err, stage.ErrChanged) {
		t.Fatal(err)
	}
}

func TestEveryRequestOfAReadIsPinned(t *testing.T) {
	f, s := fake(t, Options{PartBytes: 1000})
	// Parts of several lengths, so that each is asked for.
	f.put("k", cutUp(noise(5000), 1500, 500, 1600, 1400)...).headers.Set("X-Amz-Version-Id", "version-1")
	o := listed(t, s, "k")
	var seen, versioned atomic.Int64
	f.intercept = func(_ http.ResponseWriter, r *http.Request, _ string) bool {
		if r.URL.Query().Has("attributes") {
			return false
		}
		seen.Add(1)
		if got := r.Header.Get("If-Match"); got != `"`+o.ETag+`"` {
			t.Errorf("%s %s demands %q instead of %q", r.Method, r.URL, got, o.ETag)
		}
		if r.URL.Query().Get("versionId") == "version-1" {
			versioned.Add(1)
		}
		return false
	}
	b, err := s.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := io.Copy(io.Discard, b); err != nil {
		t.Fatal(err)
	}
	// The first answer tells the version; all others demand it.
	if seen.Load() < 8 || versioned.Load() != seen.Load()-1 {
		t.Errorf("%d of %d requests demand the version", versioned.Load(), seen.Load())
	}
}

func TestStoreThatIgnoresIfMatchIsFoundOut(t *testing.T) {
	f, s := fake(t, Options{})
	f.put("k", []byte("first"))
	o := listed(t, s, "k")
	other := f.put("k", []byte("other"))
	f.intercept = firstGets(always, func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("If-Match")
		f.object(w, r, "k", other)
	})
	if b, err := s.Open(t.Context(), o); !errors.Is(err, stage.ErrChanged) {
		if err == nil {
			b.Close()
		}
		t.Fatal(err)
	}
}

func TestContextEndsAWaitBetweenTries(t *testing.T) {
	f, s := fake(t, Options{Backoff: time.Hour})
	f.put("k", noise(10))
	f.intercept = firstGets(always, func(w http.ResponseWriter, r *http.Request) { refuse(w, 500, "InternalError") })
	o := listed(t, s, "k")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Open(ctx, o); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
}
