package embedded

import (
	"net"
	"sync"
)

// address is what the broker tells its clients about itself. It is never
// resolved: only our dialer knows it.
const address = "embedded:9092"

// listener connects the client and the broker of this process with each
// other. It has no port and no path, so nobody else on the host can reach it.
type listener struct {
	accept chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func newListener() *listener {
	return &listener{accept: make(chan net.Conn), closed: make(chan struct{})}
}

// Dial makes a connection to the broker, whatever address is asked for.
func (l *listener) Dial(_, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.accept <- server:
		return client, nil
	case <-l.closed:
		_, _ = client.Close(), server.Close()
		return nil, net.ErrClosed
	}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accept:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (*listener) Addr() net.Addr { return addr{} }

type addr struct{}

func (addr) Network() string { return "memory" }
func (addr) String() string  { return address }
