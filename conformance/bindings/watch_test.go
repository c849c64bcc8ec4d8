package bindings

import (
	"bytes"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// watch is the transport of the client. It compares every answer with the
// OpenAPI document and remembers which methods of the client succeeded.
type watch struct {
	t *testing.T
}

func newWatch(t *testing.T) *watch { return &watch{t: t} }

// RoundTrip sends r.
func (w *watch) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	for _, problem := range document(w.t).check(r.Method, r.URL.Path, resp, body) {
		w.t.Errorf("%s %s: %d: %s", r.Method, r.URL.Path, resp.StatusCode, problem)
	}
	if resp.StatusCode < 300 {
		succeeded.add(callingMethod())
	}
	return resp, nil
}

// succeeded is shared by all tests: together they must call everything.
var succeeded methodSet

// methodSet is the names of methods such as FilesApiService.FilesAbort.
type methodSet struct {
	mu    sync.Mutex
	names map[string]bool
}

func (s *methodSet) add(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.names == nil {
		s.names = map[string]bool{}
	}
	s.names[name] = true
}

func (s *methodSet) has(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.names[name]
}

// callingMethod finds the method of the client on the stack of its request:
// the client calls its transport in the goroutine of its caller.
func callingMethod() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if _, name, found := strings.Cut(f.Function, "cloudsmith-api-go.(*"); found {
			service, method, _ := strings.Cut(name, ").")
			if method, is := strings.CutSuffix(method, "Execute"); is {
				return service + "." + method
			}
		}
		if !more {
			return ""
		}
	}
}
