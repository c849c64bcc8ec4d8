package stagingtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/longshore/longshore/stages/stage"
)

func refusesWhenOver(ctx context.Context, s stage.Staging) error {
	b := content(1000, 1)
	c, err := put(ctx, s, name(1), b)
	if err != nil {
		return err
	}
	over, cancel := context.WithCancel(ctx)
	cancel()

	if _, err := s.Put(over, name(2), 1000, bytes.NewReader(b)); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("putting: %w, want an error wrapping ctx.Err", err)
	}
	if r, err := s.Open(over, c); !errors.Is(err, context.Canceled) {
		if r != nil {
			err = errors.Join(err, r.Close())
		}
		return fmt.Errorf("opening: %w, want an error wrapping ctx.Err", err)
	}
	if err := s.Release(over, name(1)); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("releasing: %w, want an error wrapping ctx.Err", err)
	}
	return errors.Join(wantContent(ctx, s, c, b), wantGone(ctx, s, claimFor(name(2), b)))
}

// stopsPutting has a reader that would go on for long, and does not look at
// ctx itself.
func stopsPutting(ctx context.Context, s stage.Staging) error {
	const size = 64 << 20
	stop, cancel := context.WithCancel(ctx)
	defer cancel()
	read := 0
	_, err := s.Put(stop, name(1), size, readerFunc(func(p []byte) (int, error) {
		if read += len(p); read > 2<<20 {
			cancel()
		}
		return len(p), nil
	}))
	if !errors.Is(err, context.Canceled) {
		return fmt.Errorf("putting while ctx ends: %w, want an error wrapping ctx.Err", err)
	}
	if read > size {
		return errors.New("read on to the end after ctx was over")
	}
	return wantNothing(ctx, s, name(1), 0, read, size)
}
