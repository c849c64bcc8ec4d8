package cloudsmith

import (
	"io"
	"sync"
)

// sentBody is a request body whose end can be waited for. The transport may
// read and close a body for a while after the call has returned, and the bytes
// below it belong to somebody else by then.
type sentBody struct {
	io.Reader
	once   sync.Once
	closed chan struct{}
}

func newSentBody(r io.Reader) *sentBody {
	return &sentBody{Reader: r, closed: make(chan struct{})}
}

// Close is called by the transport.
func (b *sentBody) Close() error {
	b.once.Do(func() { close(b.closed) })
	return nil
}

// wait returns when the transport is through with the body.
func (b *sentBody) wait() {
	if b != nil {
		<-b.closed
	}
}
