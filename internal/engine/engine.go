package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/longshore/longshore/internal/wire"
	"github.com/longshore/longshore/stages/stage"
)

// Engine runs the stages of one migration in this process.
type Engine struct {
	o       Options
	workers []*worker
	phase   atomic.Int32
	running chan struct{}
	ended   chan struct{}
}

// Phases of an engine's life, in order.
const (
	phaseNew int32 = iota
	phaseStarting
	phaseRunning
	phaseDraining
	phaseEnded
)

// New checks the options, makes the handlers and creates the topics that are
// missing. Everything that is wrong with the options is reported at once.
func New(ctx context.Context, o Options) (*Engine, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, fmt.Errorf("registering the engine's metrics: %w", err)
	}
	e := &Engine{o: o, running: make(chan struct{}), ended: make(chan struct{})}
	var errs []error
	for _, n := range o.Plan.Nodes {
		if !o.runs(n.Stage.Name) {
			continue
		}
		w, err := newWorker(n, o, m)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		e.workers = append(e.workers, w)
	}
	if errs == nil {
		if err := o.Bus.CreateTopics(ctx, topics(o)); err != nil {
			errs = append(errs, fmt.Errorf("creating topics: %w", err))
		}
	}
	if errs != nil {
		return nil, errors.Join(append(errs, closeHandlers(e.workers))...)
	}
	return e, nil
}

// Running is closed when all consumers are subscribed. Messages published
// from then on are known to be new, see doubts.
func (e *Engine) Running() <-chan struct{} { return e.running }

// Start publishes the envelope with which work on s begins, as soon as the
// engine runs. A listing after the first is published with doubt: what it
// finds may have been done before.
func (e *Engine) Start(ctx context.Context, s stage.Shard) error {
	select {
	case <-e.running:
	case <-e.ended:
	case <-ctx.Done():
		return fmt.Errorf("starting the listing of %q: %w", s.Prefix, context.Cause(ctx))
	}
	if e.phase.Load() != phaseRunning {
		return fmt.Errorf("starting the listing of %q: %w", s.Prefix, e.Ready())
	}
	entry := record{topic: e.o.Names.Topic(e.o.Plan.Entry), env: stage.Envelope{
		Run:      e.o.Names.Run,
		ID:       stage.NewObjectID("", s.Prefix),
		Doubt:    s.Listing > 1,
		Artifact: stage.Artifact{Shard: &s},
	}}
	w := e.workers[0]
	if err := w.out.publish(ctx, wire.Origin{Stage: entryOrigin, At: e.o.Now()}, []record{entry}); err != nil {
		return fmt.Errorf("starting the listing of %q: %w", s.Prefix, err)
	}
	return nil
}

// entryOrigin stands for the stage in the first record of a listing.
const entryOrigin = "run"

// Status describes the stages that run here, in flow order.
func (e *Engine) Status() []StageStatus {
	all := make([]StageStatus, len(e.workers))
	for i, w := range e.workers {
		all[i] = w.status()
	}
	return all
}

// Ready returns nil if the engine runs and no stage is halted, or why not.
func (e *Engine) Ready() error {
	switch e.phase.Load() {
	case phaseNew, phaseStarting:
		return errors.New("the engine is not running yet")
	case phaseDraining:
		return errors.New("the engine is draining")
	case phaseEnded:
		return errors.New("the engine has ended")
	}
	var errs []error
	for _, w := range e.workers {
		if halted, _ := w.gate.state(); halted != nil {
			errs = append(errs, fmt.Errorf("stage %s is halted: %w", w.name(), halted))
		}
	}
	return errors.Join(errs...)
}
