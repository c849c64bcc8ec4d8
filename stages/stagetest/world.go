package stagetest

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/longshore/longshore/stages/stage"
)

// World is everything outside a stage, in memory and deterministic. Its fields
// are the bare ports: a test arranges and inspects the world through them.
// Stages get them through Env, where faults are injected. A World is safe for
// concurrent use.
type World struct {
	Source  *Source
	Target  *Target
	Staging *Staging
	Ledger  *Ledger

	tap   tap
	clock clock
	// far, where set, is what stages get instead of Target.
	far stage.Target
}

// epoch is when every World begins.
var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// NewWorld returns a world with empty ports.
func NewWorld() *World {
	w := &World{clock: clock{now: epoch}}
	w.Source = newSource(w.Now)
	w.Target = newTarget(w.Now)
	w.Staging = newStaging()
	w.Ledger = newLedger()
	return w
}

// Now is the clock of the world. It stands still between calls of Advance.
func (w *World) Now() time.Time { return w.clock.read() }

// Advance moves the clock.
func (w *World) Advance(d time.Duration) { w.clock.advance(d) }

// Env is what spec's stage gets to work with: the ports that it declared, and
// its section of the configuration.
func (w *World) Env(spec stage.Spec, configYAML string) stage.Env {
	far := stage.Target(w.Target)
	if w.far != nil {
		far = w.far
	}
	return stage.Restrict(spec, stage.Env{
		Source:  tappedSource{w.Source, &w.tap},
		Target:  tappedTarget{far, &w.tap},
		Staging: tappedStaging{w.Staging, &w.tap},
		Ledger:  tappedLedger{w.Ledger, &w.tap},
		Now:     w.Now,
		Log:     slog.New(slog.DiscardHandler),
		Decode:  func(into any) error { return decodeStrictly(configYAML, into) },
	})
}

// Fail makes the n-th call of op from now on, or every one where n is 0, end
// with err before it does anything.
func (w *World) Fail(op Op, n int, err error) { w.tap.add(&rule{op: op, nth: n, err: err}) }

// Lose lets the n-th call of op from now on, or every one where n is 0, do its
// work and then answer err, as when a connection breaks before the answer.
func (w *World) Lose(op Op, n int, err error) { w.tap.add(&rule{op: op, nth: n, err: err, lose: true}) }

// Hold keeps every call of op waiting until it is released or its context
// ends; a StagingRead has none and waits for the release.
func (w *World) Hold(op Op) *Hold {
	h := &Hold{}
	w.tap.add(&rule{op: op, hold: h})
	return h
}

// Calls lists the operations that stages called so far, in order.
func (w *World) Calls() []Op { return w.tap.log() }

// decodeStrictly reads one section as the application does: an unknown key is
// an error.
func decodeStrictly(text string, into any) error {
	if text == "" {
		return nil
	}
	if err := yaml.Load([]byte(text), into, yaml.WithKnownFields()); err != nil {
		return fmt.Errorf("reading the configuration: %w", err)
	}
	return nil
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
