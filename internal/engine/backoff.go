package engine

import (
	"context"
	"math/rand/v2"
	"time"
)

// doubled is first doubled n times, at most limit.
func doubled(n int, first, limit time.Duration) time.Duration {
	d := first
	for ; n > 0 && d < limit; n-- {
		d *= 2
	}
	return min(d, limit)
}

// jittered spreads d over its upper half, so that messages that failed
// together do not come back together.
func jittered(d time.Duration) time.Duration {
	if d < 2 {
		return d
	}
	return d/2 + rand.N(d/2) //nolint:gosec // jitter
}

// sleep waits for d; it answers the error of ctx if that came first.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
