package cloudsmith

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

const (
	// shortBudget is the share of the window's budget below which the rest is
	// spread over the time that is left. Above it nobody sleeps.
	shortBudget = 0.2
	// maxWindow is the longest window we believe in. A reset further away
	// comes from a clock that is wrong.
	maxWindow = 2 * time.Hour
	// maxBackoff is the longest pause after a refusal that names none.
	maxBackoff = time.Minute
)

// errBusy is what callers see who would have to wait longer than they may.
var errBusy = errors.New("the account's request budget is used up for now")

// pace is the Governor of one process.
//
// A refusal closes the gate for everybody. When the pause is over one request
// goes first, and only its success lets the others through: a pause that was
// too short then costs one refused request and not one for each worker.
// Transfers wait for the gate and never go first: they take long, and other
// hosts serve them.
type pace struct {
	now    func() time.Time
	maxGap time.Duration

	mu sync.Mutex
	// changed is closed and replaced whenever waiting may have become
	// pointless.
	changed chan struct{}

	closedUntil time.Time
	refusals    int  // in a row
	probing     bool // a first request is under way

	limit, remaining int
	reset            time.Time
	next             time.Time // the next free slot while the budget is short
	sending, waiting int       // transfers under way, other requests not admitted yet
}

// NewPace makes a Governor for one process. maxGap caps the pause that a
// refusal asks for.
func NewPace(maxGap time.Duration, now func() time.Time) Governor {
	return &pace{now: now, maxGap: maxGap, changed: make(chan struct{})}
}

// Admit is Governor's.
func (p *pace) Admit(ctx context.Context, a Admission) (func(Outcome), error) {
	deadline := p.now().Add(a.Patience)
	if a.Cost > 0 {
		p.count(&p.waiting, 1)
		defer p.count(&p.waiting, -1)
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p.mu.Lock()
		g := p.tryLocked(p.now(), deadline, a.Cost)
		changed := p.changed
		p.mu.Unlock()
		switch {
		case g.refused:
			return nil, stage.SlowDown(errBusy, g.wait, stage.Code("throttled"))
		case g.admitted && g.wait <= 0:
			return p.doneFunc(a, g.probe), nil
		case g.admitted:
			// The slot is ours, whatever changes until then but the gate.
			if err := sleep(ctx, g.wait, nil); err != nil {
				p.doneFunc(a, g.probe)(Outcome{})
				return nil, err
			}
			if g.probe || p.gateOpen() {
				return p.doneFunc(a, g.probe), nil
			}
		default:
			if err := sleep(ctx, g.wait, changed); err != nil {
				return nil, err
			}
		}
	}
}

// grant is what a caller gets: admission after a wait, or the advice to ask
// again after it, or a refusal since it would be too long.
type grant struct {
	wait     time.Duration
	admitted bool
	probe    bool
	refused  bool
}

func (p *pace) tryLocked(now, deadline time.Time, cost int) grant {
	again := func(wait time.Duration) grant {
		return grant{wait: wait, refused: now.Add(wait).After(deadline)}
	}
	if d := p.closedUntil.Sub(now); d > 0 {
		return again(d)
	}
	left := p.reset.Sub(now)
	if cost == 0 {
		// Bytes cost nothing, but what follows them does: nobody should send
		// any that would then have to wait for the next window.
		if left > 0 && p.remaining <= p.sending+p.waiting {
			return again(left)
		}
		p.sending++
		return grant{admitted: true}
	}
	probe := p.refusals > 0
	if probe && p.probing {
		return again(time.Second)
	}
	wait := time.Duration(0)
	if left > 0 {
		if p.remaining <= 0 {
			return again(left)
		}
		// Slots are given out in the order of asking, so nobody starves.
		if float64(p.remaining) < shortBudget*float64(p.limit) {
			wait = max(0, p.next.Sub(now))
			if now.Add(wait).After(deadline) {
				return again(wait)
			}
			p.next = now.Add(wait + (left-wait)/time.Duration(p.remaining+1))
		}
		p.remaining -= cost
	}
	p.probing = p.probing || probe
	return grant{wait: wait, admitted: true, probe: probe}
}

func (p *pace) gateOpen() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.closedUntil.After(p.now())
}

func (p *pace) count(n *int, by int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	*n += by
}

// doneFunc takes in what came of one request.
func (p *pace) doneFunc(a Admission, probe bool) func(Outcome) {
	return func(o Outcome) {
		p.mu.Lock()
		defer p.mu.Unlock()
		now := p.now()
		if a.Cost == 0 {
			p.sending--
		}
		if probe {
			p.probing = false
		}
		switch {
		case o.Throttled:
			p.refuseLocked(now, o)
		case o.Answered && probe:
			// Only the probe counts: late answers to requests from before the
			// refusal prove nothing.
			p.refusals = 0
		}
		if o.Limit > 0 && o.Reset > 0 && o.Reset <= maxWindow {
			p.observeLocked(now.Add(o.Reset), o)
		}
		close(p.changed)
		p.changed = make(chan struct{})
	}
}

func (p *pace) refuseLocked(now time.Time, o Outcome) {
	// Requests that were under way together are refused together; only the
	// first of them counts as a new refusal.
	if !p.closedUntil.After(now) {
		p.refusals++
	}
	wait := o.Wait
	if wait <= 0 {
		wait = min(time.Second<<min(p.refusals-1, 10), maxBackoff)
	}
	wait = min(wait, p.maxGap)
	// Several processes share the account; they need not come back at once.
	wait += time.Duration(rand.Int64N(int64(wait/10) + 1)) //nolint:gosec // jitter
	if until := now.Add(wait); until.After(p.closedUntil) {
		p.closedUntil = until
	}
}

// observeLocked takes in the budget that an answer reports. Answers arrive in
// any order: within a window the lowest number counts, and what belongs to an
// earlier window is ignored.
func (p *pace) observeLocked(reset time.Time, o Outcome) {
	const jitter = 2 * time.Second // the headers have whole seconds
	switch d := reset.Sub(p.reset); {
	case d > jitter:
		p.reset, p.remaining, p.next = reset, o.Remaining, time.Time{}
	case d >= -jitter:
		p.remaining = min(p.remaining, o.Remaining)
	default:
		return
	}
	p.limit = o.Limit
}

// sleep waits for d, or until wake is closed, or for the end of ctx. wake may
// be nil.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-wake:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
