//go:build conformance

package cli

import (
	"net"
	"sync/atomic"
)

// refusingProxy stands where the client would look for the rest of the world.
// It counts who asks and refuses.
type refusingProxy struct {
	listener net.Listener
	count    atomic.Int64
	done     chan struct{}
}

func newRefusingProxy() (*refusingProxy, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &refusingProxy{listener: ln, done: make(chan struct{})}
	go p.serve()
	return p, nil
}

func (p *refusingProxy) serve() {
	defer close(p.done)
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.count.Add(1)
		_ = conn.Close()
	}
}

func (p *refusingProxy) url() string { return "http://" + p.listener.Addr().String() }

func (p *refusingProxy) asked() int64 { return p.count.Load() }

func (p *refusingProxy) close() {
	_ = p.listener.Close()
	<-p.done
}
