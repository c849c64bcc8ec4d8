package ledger

import (
	"context"
	"sync"

	"github.com/longshore/longshore/stages/stage"
)

// batcher lets concurrent callers share one transaction: the first one there
// commits for all who come while the transaction before it is running. The
// audit stage folds one message per partition at a time, so without this each
// message would pay for a commit of its own.
type batcher struct {
	mu      sync.Mutex
	waiting []*ticket
	busy    bool
}

type ticket struct {
	events []stage.Envelope
	done   chan error
}

// do hands events to commit, alone or together with those of other callers.
// The leader's context does not bind the followers: a commit that has begun is
// finished for everybody.
func (b *batcher) do(ctx context.Context, events []stage.Envelope, commit func(context.Context, []stage.Envelope) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := &ticket{events: events, done: make(chan error, 1)}
	b.mu.Lock()
	b.waiting = append(b.waiting, t)
	lead := !b.busy
	b.busy = true
	b.mu.Unlock()
	if lead {
		b.lead(context.WithoutCancel(ctx), commit)
	}
	// A follower whose context ends must still wait for the short commit:
	// otherwise it would report a stop for work that was done, which is
	// harmless, or leave a leader with nobody to tell, which is not.
	return <-t.done
}

func (b *batcher) lead(ctx context.Context, commit func(context.Context, []stage.Envelope) error) {
	for {
		b.mu.Lock()
		batch := b.waiting
		b.waiting = nil
		if len(batch) == 0 {
			b.busy = false
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()

		var all []stage.Envelope
		for _, t := range batch {
			all = append(all, t.events...)
		}
		err := commit(ctx, all)
		if err != nil && len(batch) > 1 {
			// One bad event must not fail the others.
			for _, t := range batch {
				t.done <- commit(ctx, t.events)
			}
			continue
		}
		for _, t := range batch {
			t.done <- err
		}
	}
}
