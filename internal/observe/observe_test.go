package observe_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/longshore/longshore/internal/observe"
)

func TestServer(t *testing.T) {
	var ready atomic.Pointer[error]
	s, err := observe.Listen("127.0.0.1:0", observe.NewRegistry("v1.2.3", "abc"), func() error {
		if e := ready.Load(); e != nil {
			return *e
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	get := func(path string, status int, part string) {
		t.Helper()
		r, err := http.Get("http://" + s.Addr() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		body, _ := io.ReadAll(r.Body)
		if r.StatusCode != status || !strings.Contains(string(body), part) {
			t.Errorf("%s: %d %.200s; want %d with %q", path, r.StatusCode, body, status, part)
		}
	}
	get("/metrics", 200, `longshore_build_info{commit="abc",version="v1.2.3"} 1`)
	get("/healthz", 200, "ok")
	get("/readyz", 200, "ok")
	halted := errors.New("upload is halted")
	ready.Store(&halted)
	get("/readyz", 503, "upload is halted")
	get("/healthz", 200, "ok")
	if _, err := observe.Listen(s.Addr(), observe.NewRegistry("", ""), nil); err == nil || !strings.Contains(err.Error(), "--metrics-addr") {
		t.Errorf("an address in use: got %v", err)
	}
}
