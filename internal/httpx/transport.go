// Package httpx holds what HTTP clients of this project have in common: a
// transport for long transfers by many workers, the rule which addresses may
// be spoken to in the clear, and the reading of Retry-After.
package httpx

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// NewTransport makes a transport that keeps as many connections open to one
// host as there are workers. It speaks HTTP/1.1 only: HTTP/2 would send the
// bytes of all workers through one TCP connection, whose window then is the
// limit for all of them. It limits how long connecting and the handshake may
// take; how long a call may take is the caller's to say.
func NewTransport(workers int) *http.Transport {
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: 15 * time.Second,
		TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{},
		MaxIdleConns:        4 * max(workers, 4),
		MaxIdleConnsPerHost: max(workers, 4),
		IdleConnTimeout:     90 * time.Second,
		WriteBufferSize:     64 << 10,
		ReadBufferSize:      32 << 10,
	}
}
