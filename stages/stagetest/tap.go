package stagetest

import (
	"context"
	"slices"
	"sync"
)

// tap sits between a stage and the ports: it counts the calls, and lets a
// test break, lose or hold them.
type tap struct {
	mu    sync.Mutex
	calls []Op
	rules []*rule
}

// rule is one injected fault. seen counts the calls since it was made.
type rule struct {
	op   Op
	nth  int // 0 means every call
	lose bool
	err  error
	hold *Hold
	seen int
}

// through runs one call of op, unless ctx has ended. The fault comes before
// do, or for a lost answer after it.
func (t *tap) through(ctx context.Context, op Op, do func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	before, after, holds := t.arrive(op)
	for _, h := range holds {
		if err := h.wait(ctx); err != nil {
			return err
		}
	}
	if before != nil {
		return before
	}
	err := do()
	if after != nil {
		return after
	}
	return err
}

func (t *tap) arrive(op Op) (before, after error, holds []*Hold) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls = append(t.calls, op)
	for _, r := range t.rules {
		if r.op != op {
			continue
		}
		r.seen++
		switch {
		case r.hold != nil:
			holds = append(holds, r.hold)
		case r.nth != 0 && r.nth != r.seen:
		case r.lose:
			after = r.err
		default:
			before = r.err
		}
	}
	return before, after, holds
}

func (t *tap) add(r *rule) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rules = append(t.rules, r)
}

func (t *tap) log() []Op {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.calls)
}
