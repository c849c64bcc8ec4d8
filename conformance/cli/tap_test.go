//go:build conformance

package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// request is what arrived at the emulator, and what it answered.
type request struct {
	role, method, path, query string
	header                    http.Header
	// at is when it arrived.
	at time.Time
	// length is what the request announced, received what came.
	length, received int64
	// body is that of a request to the API.
	body []byte
	form *formSeen
	// answer is that of the API, status of all.
	status int
	answer []byte
}

// tap records the requests to a handler.
type tap struct {
	next http.Handler

	mu       sync.Mutex
	requests []*request
	running  sync.WaitGroup
}

// split takes the role off a path; the rest is the path on the role's host.
func split(path string) (role, rest string) {
	for _, role := range []string{"upload", "s3", "dl", "_emulator"} {
		if tail, ok := strings.CutPrefix(path, "/"+role+"/"); ok {
			return role, "/" + tail
		}
	}
	return "api", path
}

func (t *tap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	role, path := split(r.URL.EscapedPath())
	if role == "_emulator" {
		t.next.ServeHTTP(w, r)
		return
	}
	req := &request{role: role, method: r.Method, path: path, query: r.URL.RawQuery, header: r.Header.Clone(), length: r.ContentLength, at: time.Now()}
	t.mu.Lock()
	t.requests = append(t.requests, req)
	t.running.Add(1)
	t.mu.Unlock()
	defer t.running.Done()

	seen := &seenBody{ReadCloser: r.Body}
	if role == "api" {
		// Not every handler reads what it gets.
		req.body, _ = io.ReadAll(r.Body)
		seen.ReadCloser = io.NopCloser(bytes.NewReader(req.body))
	}
	var form *formReader
	if role == "s3" {
		form = newFormReader(r.Header.Get("Content-Type"))
		seen.also = form
	}
	r.Body = seen
	out := &seenAnswer{ResponseWriter: w, keep: role == "api"}
	defer func() {
		if form != nil {
			req.form = form.end()
		}
		req.received = seen.n
		req.status, req.answer = out.status, out.body.Bytes()
	}()
	t.next.ServeHTTP(out, r)
}

// since returns the requests after the first n, once all are answered.
func (t *tap) since(n int) []*request {
	t.running.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.requests[n:]
}

// seenBody notes what is read of a request.
type seenBody struct {
	io.ReadCloser
	n    int64
	also io.Writer
}

func (b *seenBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n += int64(n)
	if b.also != nil {
		_, _ = b.also.Write(p[:n])
	}
	return n, err
}

// seenAnswer notes what is answered.
type seenAnswer struct {
	http.ResponseWriter
	status int
	keep   bool
	body   bytes.Buffer
}

func (w *seenAnswer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *seenAnswer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *seenAnswer) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if w.keep {
		w.body.Write(p)
	}
	return w.ResponseWriter.Write(p)
}

// object decodes the body of a request to the API; nil if there is none.
func (r *request) object() map[string]any { return decode(r.body) }

// answered decodes the answer of the API.
func (r *request) answered() map[string]any { return decode(r.answer) }

func decode(data []byte) map[string]any {
	var out map[string]any
	if json.Unmarshal(data, &out) != nil {
		return nil
	}
	return out
}

// is says whether a request went to a host, with a method, below a path.
func (r *request) is(role, method, prefix string) bool {
	return r.role == role && r.method == method && strings.HasPrefix(r.path, prefix)
}
