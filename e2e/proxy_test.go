//go:build e2e

package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
)

// proxy stands between the program and the S3 server. It passes everything on
// as it is, but lets a test look at requests and spoil answers.
type proxy struct {
	mu     sync.Mutex
	before func(*http.Request)
	spoil  func(*http.Request, *http.Response)
	gets   map[string]int // GET requests of objects by key
}

// proxied puts a proxy before the S3 server.
func (l *lab) proxied() *proxy {
	l.Helper()
	p := &proxy{gets: map[string]int{}}
	to, err := url.Parse(l.s3URL)
	if err != nil {
		l.Fatal(err)
	}
	rp := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host // it is signed
		},
		ModifyResponse: func(res *http.Response) error {
			p.mu.Lock()
			spoil := p.spoil
			p.mu.Unlock()
			if spoil != nil && isGet(res.Request) && res.StatusCode/100 == 2 {
				spoil(res.Request, res)
			}
			return nil
		},
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		before := p.before
		if isGet(r) {
			p.gets[keyOf(r)]++
		}
		p.mu.Unlock()
		if before != nil && isGet(r) {
			before(r)
		}
		rp.ServeHTTP(w, r)
	}))
	l.Cleanup(s.Close)
	l.s3URL = s.URL
	return p
}

func isGet(r *http.Request) bool {
	q := r.URL.Query()
	return r.Method == http.MethodGet && keyOf(r) != "" && !q.Has("attributes") && !q.Has("list-type")
}

// keyOf is the key of a path-style request.
func keyOf(r *http.Request) string {
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return key
}

// once calls f for the first GET of each key.
func once(f func(*http.Request, *http.Response)) func(*http.Request, *http.Response) {
	var mu sync.Mutex
	seen := map[string]bool{}
	return func(r *http.Request, res *http.Response) {
		mu.Lock()
		again := seen[keyOf(r)]
		seen[keyOf(r)] = true
		mu.Unlock()
		if !again {
			f(r, res)
		}
	}
}

// body replaces what the reader of an answer sees.
type body struct {
	io.Reader
	io.Closer
}

// flip changes one bit at offset of the answer.
type flip struct {
	r      io.Reader
	offset int64
}

func (f *flip) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if f.offset >= 0 && f.offset < int64(n) {
		p[f.offset] ^= 4
	}
	f.offset -= int64(n)
	return n, err
}
