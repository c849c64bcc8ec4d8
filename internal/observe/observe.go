// Package observe serves what an operator's tools ask a process: metrics,
// health and readiness.
package observe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// NewRegistry makes a registry with the metrics of the process and its build.
func NewRegistry(version, commit string) *prometheus.Registry {
	r := prometheus.NewRegistry()
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "longshore_build_info", Help: "Always 1; the labels say which build this is.",
	}, []string{"version", "commit"})
	info.WithLabelValues(version, commit).Set(1)
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), info)
	return r
}

// Server answers /metrics, /healthz and /readyz.
type Server struct {
	http     *http.Server
	listener net.Listener
}

// Listen serves at addr until Close. ready says why the process is not ready,
// or nil; health never asks it, since a process that waits for a person is
// alive.
func Listen(addr string, g prometheus.Gatherer, ready func() error) (*Server, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("serving metrics: %w: correct --metrics-addr", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(g, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, nil) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { answer(w, ready()) })
	s := &Server{http: &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}, listener: l}
	go s.http.Serve(l) //nolint:errcheck // it ends with ErrServerClosed, by Close
	return s, nil
}

// Addr is where the server listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close stops the server, and waits for requests until ctx ends.
func (s *Server) Close(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stopping the metrics server: %w", err)
	}
	return s.http.Close()
}

func answer(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "application/json")
	body := map[string]string{"status": "ok"}
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		body = map[string]string{"status": "unavailable", "reason": err.Error()}
	}
	json.NewEncoder(w).Encode(body) //nolint:errcheck,errchkjson // the client is gone, or it is not
}
