package stagingtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing/iotest"

	"github.com/longshore/longshore/stages/stage"
)

func givesBack(ctx context.Context, s stage.Staging) error {
	for _, size := range []int{1, 512, 256 << 10, large} {
		b := content(size, 1)
		c, err := put(ctx, s, name(size), b)
		if err == nil {
			err = wantContent(ctx, s, c, b)
		}
		if err == nil {
			err = wantContent(ctx, s, c, b) // reading takes nothing away
		}
		if err != nil {
			return fmt.Errorf("%d bytes: %w", size, err)
		}
	}
	return nil
}

func keepsEmpty(ctx context.Context, s stage.Staging) error {
	c, err := put(ctx, s, name(0), nil)
	if err != nil {
		return err
	}
	return wantContent(ctx, s, c, nil)
}

func takesAnyReader(ctx context.Context, s stage.Staging) error {
	b := content(70_000, 2)
	for i, r := range []io.Reader{
		iotest.OneByteReader(bytes.NewReader(b)),
		iotest.DataErrReader(bytes.NewReader(b)),
		iotest.HalfReader(bytes.NewReader(b)),
	} {
		c, err := s.Put(ctx, name(i), int64(len(b)), r)
		if err == nil {
			err = wantContent(ctx, s, c, b)
		}
		if err != nil {
			return fmt.Errorf("reader %d: %w", i, err)
		}
	}
	return nil
}

func keepsNamesApart(ctx context.Context, s stage.Staging) error {
	one, two := content(1000, 3), content(1000, 4)
	first, err := put(ctx, s, name(1), one)
	if err != nil {
		return err
	}
	second, err := put(ctx, s, name(2), two)
	if err != nil {
		return err
	}
	if err := errors.Join(wantContent(ctx, s, first, one), wantContent(ctx, s, second, two)); err != nil {
		return err
	}
	if err := s.Release(ctx, name(1)); err != nil {
		return fmt.Errorf("releasing: %w", err)
	}
	return errors.Join(wantGone(ctx, s, first), wantContent(ctx, s, second, two))
}

func takesTwice(ctx context.Context, s stage.Staging) error {
	b := content(large, 5)
	for range 2 {
		c, err := put(ctx, s, name(1), b)
		if err == nil {
			err = wantContent(ctx, s, c, b)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// takesTwiceAtOnce lets every writer read its first byte before any reads its
// last one, and has readers look on.
func takesTwiceAtOnce(ctx context.Context, s stage.Staging) error {
	const writers = 4
	b := content(large, 6)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	begun, errs := make(chan struct{}, writers), make(chan error, writers+1)
	all := make(chan struct{})
	for range writers {
		go func() {
			_, err := s.Put(ctx, name(1), large, after(b, large/2, func() error {
				begun <- struct{}{}
				select {
				case <-all:
				case <-ctx.Done():
				}
				return ctx.Err()
			}))
			errs <- err
		}()
	}
	for range writers {
		select {
		case <-begun:
		case err := <-errs:
			return fmt.Errorf("putting at once: %w", err)
		}
	}
	close(all)
	for range writers {
		if err := <-errs; err != nil {
			return fmt.Errorf("putting at once: %w", err)
		}
		// The others may still be writing.
		if err := wantContent(ctx, s, claimFor(name(1), b), b); err != nil {
			return err
		}
	}
	if err := s.Release(ctx, name(1)); err != nil {
		return fmt.Errorf("releasing: %w", err)
	}
	return wantGone(ctx, s, claimFor(name(1), b))
}

func leavesReadersAlone(ctx context.Context, s stage.Staging) error {
	b := content(large, 7)
	c, err := put(ctx, s, name(1), b)
	if err != nil {
		return err
	}
	r, err := s.Open(ctx, c)
	if err != nil {
		return fmt.Errorf("opening what was put: %w", err)
	}
	got := make([]byte, len(b))
	_, err = io.ReadFull(r, got[:large/2])
	if err == nil {
		_, err = put(ctx, s, name(1), b)
	}
	if err == nil {
		_, err = io.ReadFull(r, got[large/2:])
	}
	if err = errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("reading while the name is put again: %w", err)
	}
	if !bytes.Equal(got, b) {
		return errors.New("the bytes changed under a reader when the name was put again")
	}
	return nil
}
