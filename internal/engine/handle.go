package engine

import (
	"context"
	"runtime/debug"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/stages/stage"
)

// handle calls the stage's handler once. A panic becomes Poison, with the
// stack in the log only.
func (d *delivery) handle(working context.Context) (outs []stage.Envelope, err error) {
	w := d.worker
	ctx := bus.WithPosition(working, d.pos)
	if w.policy.HandleTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, w.policy.HandleTimeout)
		defer cancel()
	}
	w.at(beforeHandle, w.name())
	began := w.now()
	defer func() {
		if p := recover(); p != nil {
			w.log.Error("the handler panicked", "panic", p, "stack", string(debug.Stack()))
			outs, err = nil, stage.Poisonf("stage %s panicked: %v", w.name(), p)
		}
		took := w.now().Sub(began)
		d.took += took
		w.metrics.duration.WithLabelValues(w.name()).Observe(took.Seconds())
		w.at(afterHandle, w.name())
	}()
	return w.handler.Handle(ctx, d.in)
}
