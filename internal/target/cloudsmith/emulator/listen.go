package emulator

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Running is a Server on a listener of its own.
type Running struct {
	*Server
	// URL is the address of the API, without a slash at the end; UploadURL
	// that of the upload host.
	URL, UploadURL string

	http *http.Server
	done chan error
}

// Start makes a Server and serves all roles on addr, such as "127.0.0.1:0".
// Stop ends it.
func Start(addr string, opts Options) (*Running, error) {
	s, err := New(opts)
	if err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listening: %w", err), s.Close())
	}
	base := "http://" + ln.Addr().String()
	r := &Running{
		Server: s, URL: base, UploadURL: base + RoleUpload.prefix(),
		http: &http.Server{Handler: s, ReadHeaderTimeout: 30 * time.Second},
		done: make(chan error, 1),
	}
	go func() { r.done <- r.http.Serve(ln) }()
	return r, nil
}

// Stop cuts all connections and removes the stored bytes.
func (r *Running) Stop() error {
	err := r.http.Close()
	if served := <-r.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, r.Close())
}
