package s3

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/longshore/longshore/stages/stage"
)

// Open implements stage.Source. It asks at least once, so that a version that
// is gone or may not be read is refused here. An object up to
// Options.PartBytes costs one request, a larger one a HEAD and one request a
// range; finding the part boundaries of a multipart object that has no
// checksum of the whole costs one to three more.
func (s *Source) Open(ctx context.Context, o stage.Object) (stage.Body, error) {
	ctx, cancel := context.WithCancel(ctx)
	b := &body{src: s, ctx: ctx, cancel: cancel, pin: pinOf(o)}
	s.budget.join()
	if err := b.begin(); err != nil {
		b.Close() //nolint:errcheck // always nil
		return nil, fmt.Errorf("opening %s: %w", b.pin, err)
	}
	return b, nil
}

// begin makes the first requests and decides what the bytes will be compared
// with: the expected value is known before the first byte is delivered.
func (b *body) begin() error {
	whole := b.pin.size <= b.src.opts.PartBytes
	var known metadata
	if !whole {
		var err error
		if known, err = b.head(); err != nil {
			return err
		}
	}

	first := b.nextSpan()
	first.whole = whole
	b.front = first
	if err := first.open(); err != nil {
		return err
	}
	b.pin = first.pin
	if known.etag == "" && known.checksums == nil {
		known = first.first
	}

	c, err := b.decide(known)
	if err != nil {
		return err
	}
	b.digest = newDigest(c, b.layout.sizes)
	b.readAhead()
	return nil
}

// head asks for what a ranged answer leaves out. The answer has no error
// document, so what could mean several things is left to the GET that follows.
func (b *body) head() (metadata, error) {
	out, err := b.src.client.HeadObject(b.ctx, b.pin.head(), withChecksums)
	if err != nil {
		switch s, _ := symptomOf(err, aboutObject); s.status {
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden,
			http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusNotFound:
			return metadata{}, nil
		}
		return metadata{}, classify(b.ctx, err, aboutObject)
	}
	m := ofHead(out)
	b.pin, err = b.pin.admit(m)
	return m, err
}

// decide takes the best check that can be made. Checks along parts are left
// out where the store does not tell where the parts are.
func (b *body) decide(m metadata) (check, error) {
	for _, c := range choose(b.pin.bucket, m) {
		if c.parts == 0 {
			return c, nil
		}
		l, ok, err := b.src.layoutOf(b.ctx, b.pin, c.parts)
		if err != nil {
			return check{}, fmt.Errorf("asking for its parts: %w", err)
		}
		if ok {
			b.layout = l
			return c, nil
		}
	}
	return check{}, nil
}

// OpenRange implements stage.Source with one request, or more where the
// transfer breaks.
func (s *Source) OpenRange(ctx context.Context, o stage.Object, off, length int64) (io.ReadCloser, error) {
	if off < 0 || length < 0 || off > o.Size-length {
		return nil, stage.NotRetryable(fmt.Errorf("range of %d bytes from %d lies outside %s of %d bytes", length, off, o.URI(), o.Size),
			stage.Code("range"))
	}
	if length == 0 {
		return http.NoBody, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &rangeBody{span: &span{src: s, ctx: ctx, pin: pinOf(o), at: off, end: off + length}, cancel: cancel}
	if err := r.span.open(); err != nil {
		cancel()
		return nil, fmt.Errorf("opening a range of %s: %w", o.URI(), err)
	}
	return r, nil
}

// rangeBody is a span that a caller closes.
type rangeBody struct {
	span   *span
	cancel context.CancelFunc
}

func (r *rangeBody) Read(p []byte) (int, error) {
	n, err := r.span.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader returns it bare
		err = fmt.Errorf("reading a range of %s: %w", r.span.pin, err)
	}
	return n, err
}

func (r *rangeBody) Close() error {
	r.cancel()
	r.span.drop()
	return nil
}
