package engine

import (
	"context"
	"sync"
	"time"
)

// gate is the way to a stage's handler. It is open, paused until a moment
// (the far side asked for patience), or halted (a person must act); then it
// lets one message through now and again as a probe, and opens when one
// succeeds. Messages that wait at it keep their place in their partition.
type gate struct {
	policy Policy
	now    func() time.Time
	// onHalt hears of every halt, and with nil of its end.
	onHalt func(error)

	mu      sync.Mutex
	changed chan struct{} // closed and replaced whenever waiters should look again
	until   time.Time
	pauses  int // in a row, with nobody saying how long
	halted  error
	probing bool
	probes  int
	probeAt time.Time
}

func newGate(p Policy, now func() time.Time, onHalt func(error)) *gate {
	return &gate{policy: p, now: now, onHalt: onHalt, changed: make(chan struct{})}
}

// pass is the permission to call the handler once. Exactly one of its methods
// is called afterwards.
type pass struct {
	g     *gate
	probe bool
}

// enter waits until a message may be handled, or answers the error of ctx.
func (g *gate) enter(ctx context.Context) (pass, error) {
	for {
		if ctx.Err() != nil {
			return pass{}, ctx.Err()
		}
		p, wait, changed := g.try()
		if p.g != nil {
			return p, nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// try answers a pass, or how long to wait unless changed is closed before.
func (g *gate) try() (p pass, wait time.Duration, changed <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	switch {
	case now.Before(g.until):
		return pass{}, g.until.Sub(now), g.changed
	case g.halted == nil:
		return pass{g: g}, 0, nil
	case g.probing:
		return pass{}, g.policy.ProbeMax, g.changed
	case now.Before(g.probeAt):
		return pass{}, g.probeAt.Sub(now), g.changed
	}
	g.probing = true
	return pass{g: g, probe: true}, 0, nil
}

// ok says that the far side works: a success, or an answer that needed it.
func (p pass) ok() {
	g := p.g
	g.mu.Lock()
	g.pauses = 0
	reopened := p.probe && g.halted != nil
	if p.probe {
		g.halted, g.probing, g.probes = nil, false, 0
		g.wake()
	}
	g.mu.Unlock()
	if reopened {
		g.onHalt(nil)
	}
}

// neither says that the message told nothing about the far side.
func (p pass) neither() {
	g := p.g
	g.mu.Lock()
	defer g.mu.Unlock()
	g.endProbe(p)
}

// slowDown pauses the stage for d, or if d is 0 for twice as long as the last
// time. Messages that were in flight together and are all told to slow down
// count as one.
func (p pass) slowDown(d time.Duration) {
	g := p.g
	g.mu.Lock()
	defer g.mu.Unlock()
	g.endProbe(p)
	now := g.now()
	if d <= 0 {
		if now.Before(g.until) {
			return
		}
		d = doubled(g.pauses, g.policy.Throttle, g.policy.ThrottleMax)
		g.pauses++
	}
	if until := now.Add(min(d, g.policy.ThrottleMax)); until.After(g.until) {
		g.until = until
	}
	g.wake()
}

// halt closes the gate: the message met what only a person can mend.
func (p pass) halt(err error) {
	p.neither()
	p.g.halt(err)
}

func (g *gate) halt(err error) {
	g.mu.Lock()
	first := g.halted == nil
	g.halted = err
	if first {
		g.probes = 0
		g.probeAt = g.now().Add(g.policy.Probe)
	}
	g.mu.Unlock()
	if first {
		g.onHalt(err)
	}
}

// endProbe lets another probe through after a longer wait.
func (g *gate) endProbe(p pass) {
	if !p.probe {
		return
	}
	g.probing = false
	g.probes++
	g.probeAt = g.now().Add(doubled(g.probes, g.policy.Probe, g.policy.ProbeMax))
	g.wake()
}

func (g *gate) wake() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// state says why nothing passes: the halt, and the end of a pause that is not
// over.
func (g *gate) state() (halted error, until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now().Before(g.until) {
		until = g.until
	}
	return g.halted, until
}
