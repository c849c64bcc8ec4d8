package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// drain finishes what is in flight and takes nothing new (I6): stop feeding,
// wait up to timeout, cancel what is left, then give the subscriptions up,
// which commits the offsets of all that was acknowledged.
func drain(router *message.Router, all []consumer, timeout time.Duration, cancelWork context.CancelCauseFunc) error {
	var stopping sync.WaitGroup
	for _, c := range all {
		stopping.Go(c.feed.stopFeeding)
	}
	stopping.Wait()

	idle := make(chan struct{})
	go func() {
		defer close(idle)
		for _, c := range all {
			c.feed.inFlight.Wait()
		}
	}()
	var errs []error
	if !within(timeout, idle) {
		late := fmt.Errorf("draining took longer than %s: work in flight was cancelled and will be done again", timeout)
		errs = append(errs, late)
		cancelWork(late)
		// What succeeds in spite of it can still be acknowledged.
		within(closeTimeout, idle)
	}
	if err := router.Close(); err != nil {
		errs = append(errs, fmt.Errorf("closing the router: %w", err))
	}
	if err := closeAll(all); err != nil {
		errs = append(errs, fmt.Errorf("closing subscriptions: %w", err))
	}
	return errors.Join(errs...)
}

// within waits for done, for up to d.
func within(d time.Duration, done <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}
