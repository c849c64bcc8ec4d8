package cloudsmith_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/target/cloudsmith"
	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
	"github.com/longshore/longshore/stages/stage"
)

const testKey = "hush-hush-hush"

// openAt opens a target whose both hosts are one handler.
func openAt(t *testing.T, h http.Handler, change ...func(*cloudsmith.Options)) *cloudsmith.Target {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	o := cloudsmith.Options{
		APIHost: s.URL, UploadHost: s.URL + "/upload", APIKey: testKey, Owner: "acme", Repo: "lab",
		LookAgain: []time.Duration{time.Millisecond},
	}
	for _, f := range change {
		f(&o)
	}
	target, err := cloudsmith.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = target.Close() })
	return target
}

func TestRedirectsRepeatTheCallWithoutTheKey(t *testing.T) {
	for _, status := range []int{301, 302, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			e := startEmulator(t, emulator.Options{APIKey: testKey})
			var leaked, asked atomic.Int64
			// The other host is a door to the emulator that adds the key which
			// it must not have been given.
			elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				if r.Header.Get("X-Api-Key") != "" || r.Header.Get("Authorization") != "" {
					leaked.Add(1)
				}
				r.Header.Set("X-Api-Key", testKey)
				e.ServeHTTP(w, r)
			}))
			defer elsewhere.Close()
			target := openAt(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("Location", elsewhere.URL+r.URL.RequestURI())
				w.WriteHeader(status)
			}))
			pkg, err := target.Publish(t.Context(), publication(generic("a/b c.bin"), []byte("moved")))
			if err != nil {
				t.Fatal(err)
			}
			if got := e.Packages(); len(got) != 1 || got[0].SlugPerm != pkg.ID || got[0].Filepath != "a/b c.bin" {
				t.Errorf("the service holds %+v", got)
			}
			if asked.Load() != 2 || leaked.Load() != 0 {
				t.Errorf("%d calls elsewhere, %d with the key; want 2 and none", asked.Load(), leaked.Load())
			}
		})
	}
}

func TestRedirectsHaveLimits(t *testing.T) {
	for name, location := range map[string]string{
		"in a circle":   "/again",
		"to nowhere":    "",
		"into the open": "http://somewhere.example/",
	} {
		t.Run(name, func(t *testing.T) {
			target := openAt(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", location)
				w.WriteHeader(http.StatusFound)
			}))
			_, err := target.Find(t.Context(), generic("a"))
			if err == nil || !strings.Contains(err.Error(), "redirect") {
				t.Errorf("error %v, want one about redirects", err)
			}
		})
	}
}

func TestErrorsKeepSecrets(t *testing.T) {
	signed := "https://bucket.example/key?X-Amz-Signature=deadbeef&X-Amz-Credential=abc"
	for name, h := range map[string]http.HandlerFunc{
		"echoed by the service": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"detail":"bad key %s at %s","fields":{"u":["%s"]}}`, r.Header.Get("X-Api-Key"), signed, signed)
		},
		"echoed as text": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, "<Error><Key>%s</Key><Url>%s</Url></Error>", r.Header.Get("X-Api-Key"), signed)
		},
		"in a broken redirect": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "https://127.0.0.1:1/x?X-Amz-Signature=deadbeef")
			w.WriteHeader(http.StatusTemporaryRedirect)
		},
		"of a connection that breaks": func(w http.ResponseWriter, r *http.Request) {
			panic(http.ErrAbortHandler)
		},
	} {
		t.Run(name, func(t *testing.T) {
			target := openAt(t, h)
			_, find := target.Find(t.Context(), generic("a"))
			_, publish := target.Publish(t.Context(), publication(generic("a"), []byte("x")))
			for _, err := range []error{find, publish} {
				if err == nil {
					t.Fatal("no error")
				}
				f := stage.FailureOf(err)
				for _, secret := range []string{testKey, "deadbeef", "X-Amz-Signature"} {
					if strings.Contains(f.Message+f.Hint, secret) {
						t.Errorf("%q is in: %s", secret, f.Message)
					}
				}
			}
		})
	}
}

func TestErrorBodiesAreCut(t *testing.T) {
	target := openAt(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "line one\n\tline two "+strings.Repeat("é", 100_000))
	}))
	_, err := target.Find(t.Context(), generic("a"))
	if err == nil || len(err.Error()) > 1300 || !strings.Contains(err.Error(), "line one line two") {
		t.Errorf("%d bytes of error: %.80v", len(err.Error()), err)
	}
}

func TestAnUploadThatStallsEnds(t *testing.T) {
	release := make(chan struct{})
	target := openAt(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}), func(o *cloudsmith.Options) { o.IdleTimeout = 50 * time.Millisecond })
	defer close(release)
	start := time.Now()
	_, err := target.Publish(t.Context(), publication(generic("a"), make([]byte, 20<<20)))
	if err == nil || !strings.Contains(err.Error(), "nothing moved") || stage.ClassOf(err) != stage.Retryable || errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want a retryable one about nothing moving", err)
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("it took %v", d)
	}
}

// slowReader yields a little at a time, so that an upload takes several times
// its idle limit and never stops moving.
type slowReader struct {
	r     io.Reader
	pause time.Duration
}

func (s slowReader) Read(p []byte) (int, error) {
	time.Sleep(s.pause)
	return s.r.Read(p[:min(len(p), 1000)])
}

func TestAnUploadThatIsSlowGoesOn(t *testing.T) {
	e := startEmulator(t, emulator.Options{})
	target := openTarget(t, e, func(o *cloudsmith.Options) { o.IdleTimeout = 200 * time.Millisecond })
	p := publication(generic("slow"), []byte(strings.Repeat("x", 40_000)))
	open := p.Open
	p.Open = func(ctx context.Context) (io.ReadCloser, error) {
		r, err := open(ctx)
		return io.NopCloser(slowReader{r, 15 * time.Millisecond}), err
	}
	if _, err := target.Publish(t.Context(), p); err != nil {
		t.Error(err)
	}
}

func TestCancelledCallsSaySo(t *testing.T) {
	started := make(chan struct{}, 10)
	target := openAt(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		started <- struct{}{}
		<-r.Context().Done()
	}))
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-started; cancel() }()
	_, err := target.Publish(ctx, publication(generic("a"), []byte("x")))
	if !stage.IsStop(ctx, err) {
		t.Errorf("error %v, want the end of the context", err)
	}
}

func TestBytesAreClosedWhenPublishReturns(t *testing.T) {
	target := openAt(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		// An answer before the body was read.
		w.WriteHeader(http.StatusForbidden)
	}))
	var open atomic.Int64
	p := publication(generic("a"), make([]byte, 30<<20))
	inner := p.Open
	p.Open = func(ctx context.Context) (io.ReadCloser, error) {
		r, err := inner(ctx)
		open.Add(1)
		return &tracked{Reader: r, open: &open}, err
	}
	for range 5 {
		if _, err := target.Publish(t.Context(), p); err == nil {
			t.Fatal("no error")
		}
		if n := open.Load(); n != 0 {
			t.Fatalf("%d readers are open after Publish", n)
		}
	}
}

type tracked struct {
	io.Reader
	open   *atomic.Int64
	closed atomic.Bool
}

func (r *tracked) Read(p []byte) (int, error) {
	if r.closed.Load() {
		panic("read after close")
	}
	return r.Reader.Read(p)
}

func (r *tracked) Close() error {
	r.closed.Store(true)
	r.open.Add(-1)
	return nil
}

func TestOptionsAreCheckedTogether(t *testing.T) {
	_, err := cloudsmith.Open(cloudsmith.Options{APIHost: "http://api.example", Owner: "acme", Repo: "../x"})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"CLOUDSMITH_API_HOST", "CLOUDSMITH_API_KEY", "--target", "https"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
}

func TestTheLastByteOfAWrongBodyNeverLeaves(t *testing.T) {
	for _, size := range []int{1, 2, 5000, 300_000} {
		var whole atomic.Bool
		target := openAt(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, err := io.Copy(io.Discard, r.Body)
			whole.Store(whole.Load() || err == nil || n == int64(size))
			_, _ = io.WriteString(w, `{"identifier":"x"}`)
		}))
		p := publication(generic("a"), make([]byte, size))
		p.Digests.SHA256 = strings.Repeat("ab", 32)
		if _, err := target.Publish(t.Context(), p); !errors.Is(err, stage.ErrClaimGone) {
			t.Errorf("%d bytes: error %v, want ErrClaimGone", size, err)
		}
		_ = target.Close()
		if whole.Load() {
			t.Errorf("all %d bytes of a wrong body reached the server", size)
		}
	}
}

func TestTwoCallsAtOnceSendOnce(t *testing.T) {
	e := startEmulator(t, emulator.Options{SyncDelay: time.Minute})
	target := openTarget(t, e)
	ids := make(chan string)
	for range 8 {
		go func() {
			p, err := target.Publish(t.Context(), publication(generic("a/b"), []byte("once")))
			if err != nil {
				t.Error(err)
			}
			ids <- p.ID
		}()
	}
	first := <-ids
	for range 7 {
		if id := <-ids; id != first || id == "" {
			t.Errorf("ids %q and %q", first, id)
		}
	}
	if n := target.Stats().Total; n != 2 {
		t.Errorf("%d requests, want one upload and one create", n)
	}
}

func TestAnUnclearCreateIsRememberedWithoutDoubt(t *testing.T) {
	e := startEmulator(t, emulator.Options{})
	fault(t, e, createFault(emulator.Fault{AnswerLost: true, Times: 1}), listFault(emulator.Fault{Status: 500, Times: 3}))
	target := openTarget(t, e)
	p := publication(generic("a/b"), []byte("once"))
	if _, err := target.Publish(t.Context(), p); err == nil {
		t.Fatal("no error after a lost answer that nobody could look for")
	}
	pkg, err := target.Publish(t.Context(), p)
	if err != nil || pkg.Origin != stage.OriginAdopted {
		t.Errorf("%+v, %v; want the first one adopted", pkg, err)
	}
	if n := target.Stats().Requests[cloudsmith.KindCreate]; n != 1 {
		t.Errorf("%d creates", n)
	}
}

func TestEveryCreateForbidsReplacing(t *testing.T) {
	var bodies []string
	target := openAt(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(r.URL.Path, "/packages/") {
			bodies = append(bodies, string(body))
			w.WriteHeader(http.StatusCreated)
		}
		_, _ = io.WriteString(w, `{"identifier":"up1","slug_perm":"pkg1"}`)
	}))
	for _, c := range []stage.Coordinates{
		generic("a/é \"b\".bin"),
		{Format: "raw", Name: "a/b", Version: "1", Filename: "b"},
	} {
		if _, err := target.Publish(t.Context(), publication(c, []byte("x"))); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		`{"package_file":"up1","republish":false,"filepath":"a/é \"b\".bin"}`,
		`{"package_file":"up1","republish":false,"name":"a/b","version":"1"}`,
	}
	if fmt.Sprint(bodies) != fmt.Sprint(want) {
		t.Errorf("creates %q, want %q", bodies, want)
	}
}
