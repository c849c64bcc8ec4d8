package cloudsmith_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
)

// inProcess is a transport that calls a handler in the caller's goroutine, so
// that a server can live in a bubble of synctest, where sockets cannot.
type inProcess struct {
	handler http.Handler
	// before may answer in place of the handler, or fail.
	before func(r *http.Request) (*http.Response, error)
	// after sees what the handler answered and may lose it.
	after func(r *http.Request, resp *http.Response) (*http.Response, error)
	calls atomic.Int64
}

func (p *inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	p.calls.Add(1)
	if p.before != nil {
		if resp, err := p.before(r); resp != nil || err != nil {
			return resp, err
		}
	}
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:1"
	in.Host = r.URL.Host
	body := &bodyError{Reader: http.NoBody}
	if r.Body != nil {
		body.Reader = r.Body
	}
	in.Body = io.NopCloser(body)
	rec := httptest.NewRecorder()
	p.handler.ServeHTTP(rec, in)
	if body.err != nil {
		return nil, body.err
	}
	resp := rec.Result()
	resp.Request = r
	if p.after != nil {
		return p.after(r, resp)
	}
	return resp, nil
}

// bodyError remembers why reading a request body failed.
type bodyError struct {
	io.Reader
	err error
}

func (b *bodyError) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

func clientOf(tr http.RoundTripper) *http.Client { return &http.Client{Transport: tr} }
