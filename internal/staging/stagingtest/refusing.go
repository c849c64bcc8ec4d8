package stagingtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/longshore/longshore/stages/stage"
)

func showsNothingEarly(ctx context.Context, s stage.Staging) error {
	b := content(large, 1)
	for _, at := range []int{0, 1, large / 2, large} {
		var early error
		_, err := s.Put(ctx, name(at), large, after(b, at, func() error {
			early = wantGone(ctx, s, claimFor(name(at), b))
			return nil
		}))
		if err := errors.Join(err, early); err != nil {
			return fmt.Errorf("after %d of %d bytes: %w", at, large, err)
		}
		if err := wantContent(ctx, s, claimFor(name(at), b), b); err != nil {
			return err
		}
	}
	return nil
}

// Where transfers break: at once, after a byte, in the middle, before the last
// byte.
func breaks() []int { return []int{0, 1, large / 2, large - 1} }

func keepsNothingOnError(ctx context.Context, s stage.Staging) error {
	b := content(large, 2)
	// An end that is unexpected or explained is an error like others; large
	// itself is a checksum that the reader finds wrong when all bytes were
	// read.
	for _, broken := range []error{
		errors.New("the source broke"), io.ErrUnexpectedEOF, fmt.Errorf("the connection broke: %w", io.EOF),
	} {
		for _, at := range append(breaks(), large) {
			_, err := s.Put(ctx, name(1), large, after(b, at, func() error { return broken }))
			if !errors.Is(err, broken) {
				return fmt.Errorf("a reader that fails after %d of %d bytes: got %w, want its error wrapped", at, large, err)
			}
			if err := wantNothing(ctx, s, name(1), at, large); err != nil {
				return err
			}
		}
	}
	return nil
}

func keepsNothingShort(ctx context.Context, s stage.Staging) error {
	b := content(large, 3)
	for _, at := range breaks() {
		if _, err := s.Put(ctx, name(1), large, bytes.NewReader(b[:at])); !errors.Is(err, stage.ErrCorrupt) {
			return fmt.Errorf("a reader that ends after %d of %d bytes: got %w, want ErrCorrupt", at, large, err)
		}
		if err := wantNothing(ctx, s, name(1), at, large); err != nil {
			return err
		}
	}
	return nil
}

func keepsNothingLong(ctx context.Context, s stage.Staging) error {
	b := content(large, 4)
	for _, at := range breaks() {
		if _, err := s.Put(ctx, name(1), int64(at), bytes.NewReader(b)); !errors.Is(err, stage.ErrCorrupt) {
			return fmt.Errorf("a reader that yields %d bytes where %d were announced: got %w, want ErrCorrupt", large, at, err)
		}
		if err := wantNothing(ctx, s, name(1), at, large); err != nil {
			return err
		}
	}
	return nil
}

// wantNothing checks that nothing is kept in any of the lengths.
func wantNothing(ctx context.Context, s stage.Staging, n stage.ClaimName, sizes ...int) error {
	for _, size := range sizes {
		if err := wantGone(ctx, s, stage.Claim{Name: n, Size: int64(size)}); err != nil {
			return fmt.Errorf("after a put that failed, as %d bytes: %w", size, err)
		}
	}
	return nil
}

func keepsFirstCopy(ctx context.Context, s stage.Staging) error {
	b := content(large, 5)
	c, err := put(ctx, s, name(1), b)
	if err != nil {
		return err
	}
	broken := errors.New("the source broke")
	if _, err := s.Put(ctx, name(1), large, after(b, large/2, func() error { return broken })); !errors.Is(err, broken) {
		return fmt.Errorf("a second put whose reader fails: got %w, want its error wrapped", err)
	}
	return wantContent(ctx, s, c, b)
}

func hasNothing(ctx context.Context, s stage.Staging) error {
	return wantNothing(ctx, s, name(1), 0, 1, large)
}

func hasNoOtherLength(ctx context.Context, s stage.Staging) error {
	c, err := put(ctx, s, name(1), content(1000, 6))
	if err != nil {
		return err
	}
	for _, size := range []int64{0, 999, 1001} {
		c.Size = size
		if err := wantGone(ctx, s, c); err != nil {
			return fmt.Errorf("1000 bytes, claimed as %d: %w", size, err)
		}
	}
	return nil
}

func hasNothingAfterRelease(ctx context.Context, s stage.Staging) error {
	c, err := put(ctx, s, name(1), content(1000, 7))
	if err != nil {
		return err
	}
	if err := s.Release(ctx, name(1)); err != nil {
		return fmt.Errorf("releasing: %w", err)
	}
	return wantGone(ctx, s, c)
}

func releasesTwice(ctx context.Context, s stage.Staging) error {
	if err := s.Release(ctx, name(1)); err != nil {
		return fmt.Errorf("releasing what was never put: %w", err)
	}
	if _, err := put(ctx, s, name(1), content(1000, 8)); err != nil {
		return err
	}
	for range 2 {
		if err := s.Release(ctx, name(1)); err != nil {
			return fmt.Errorf("releasing: %w", err)
		}
	}
	return nil
}

func takesAfterRelease(ctx context.Context, s stage.Staging) error {
	b := content(1000, 9)
	var c stage.Claim
	for range 3 {
		var err error
		if c, err = put(ctx, s, name(1), b); err != nil {
			return err
		}
		if err := s.Release(ctx, name(1)); err != nil {
			return fmt.Errorf("releasing: %w", err)
		}
	}
	if _, err := put(ctx, s, name(1), b); err != nil {
		return err
	}
	return wantContent(ctx, s, c, b)
}
