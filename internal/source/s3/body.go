package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/longshore/longshore/stages/stage"
)

// body delivers the ranges of an object in order, reads ahead as far as the
// budget allows, and judges the bytes at the end.
//
// Read and Close may be called at the same time; Close waits until everything
// that the body started has ended.
type body struct {
	src    *Source
	ctx    context.Context //nolint:containedctx // that of Open; io.Reader has no other way
	cancel context.CancelFunc
	pin    pin
	layout layout
	wg     sync.WaitGroup

	mu      sync.Mutex
	front   io.Reader // *span or *ahead
	queue   []*ahead  // the ranges behind front, in order
	at      int64     // bytes delivered
	planned int64     // where the range after the last of queue begins
	digest  *digest
	err     error // sticky; io.EOF once the bytes are proven
	closed  bool
}

var errClosed = errors.New("reading a closed body")

func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(p) == 0 && b.err == nil {
		return 0, nil
	}
	for b.err == nil {
		n, err := b.front.Read(p)
		if n > 0 {
			b.digest.write(p[:n])
			b.at += int64(n)
			return n, nil
		}
		switch {
		case err == nil:
		case !errors.Is(err, io.EOF):
			b.err = fmt.Errorf("reading %s: %w", b.pin, err)
		case b.at < b.pin.size:
			b.advance()
		default:
			b.err = b.judge()
		}
	}
	return 0, b.err
}

// advance puts the next range to the front and starts more behind it.
func (b *body) advance() {
	b.retire()
	if len(b.queue) > 0 {
		b.front, b.queue = b.queue[0], b.queue[1:]
	} else {
		b.front = b.nextSpan()
	}
	b.readAhead()
}

// retire ends the range at the front.
func (b *body) retire() {
	switch f := b.front.(type) {
	case *span:
		f.drop()
	case *ahead:
		b.src.budget.give(f.buf)
	}
	b.front = nil
}

func (b *body) nextSpan() *span {
	s := &span{src: b.src, ctx: b.ctx, pin: b.pin, at: b.planned, end: min(b.planned+b.src.opts.PartBytes, b.pin.size)}
	b.planned = s.end
	return s
}

func (b *body) readAhead() {
	for b.planned < b.pin.size && len(b.queue)+1 < b.src.opts.InFlight {
		held := len(b.queue)
		if _, buffered := b.front.(*ahead); buffered {
			held++
		}
		buf, ok := b.src.budget.take(held)
		if !ok {
			return
		}
		b.queue = append(b.queue, start(&b.wg, b.nextSpan(), buf))
	}
}

// judge compares what was read with what the source promised.
func (b *body) judge() error {
	if b.digest.agrees() {
		return io.EOF
	}
	differs := corrupt("reading %s: bytes differ from the %s of the source", b.pin, b.digest.check.proof())
	if !b.layout.deduced {
		return differs
	}
	// The bytes may be right, and the part sizes not what they seemed.
	exact, ok, err := b.src.exact(b.ctx, b.pin, b.digest.check.parts)
	if err != nil || !ok || slices.Equal(exact.sizes, b.layout.sizes) {
		return differs
	}
	b.src.layouts.note(b.pin)
	return fmt.Errorf("the parts are not of one length, which the next read will know: %w", differs)
}

// Proof implements stage.Body.
func (b *body) Proof() stage.Proof {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !errors.Is(b.err, io.EOF) {
		return stage.ProofNone
	}
	return b.digest.check.proof()
}

func (b *body) Close() error {
	b.cancel() // first, since it ends a Read that holds the lock
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	b.wg.Wait()
	b.retire()
	for _, a := range b.queue {
		b.src.budget.give(a.buf)
	}
	b.queue = nil
	b.src.budget.leave()
	if b.err == nil {
		b.err = errClosed
	}
	return nil
}
