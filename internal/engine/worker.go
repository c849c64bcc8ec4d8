package engine

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/longshore/longshore/internal/wire"
	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/topology"
)

// worker runs one stage in this process.
type worker struct {
	node    topology.Node
	plan    *topology.Plan
	names   topology.Names
	policy  Policy
	handler stage.Handler

	gate    *gate
	window  *window
	doubts  *doubts
	counts  *counts
	metrics *metrics
	out     publisher

	log *slog.Logger
	now func() time.Time
	at  func(point, string)
}

func newWorker(n topology.Node, o Options, m *metrics) (*worker, error) {
	name := n.Stage.Name
	handler, err := n.Stage.New(stage.Restrict(n.Stage, o.Env(name)))
	if err != nil {
		return nil, fmt.Errorf("stage %s: %w", name, err)
	}
	log := o.Log.With("stage", name)
	w := &worker{
		node: n, plan: o.Plan, names: o.Names, policy: o.Policy, handler: handler,
		window: newWindow(o.Policy), doubts: newDoubts(doubtInterval), counts: newCounts(), metrics: m,
		out: publisher{to: o.Bus.Publisher(), policy: o.Policy, log: log, failed: m.publishErrors},
		log: log, now: o.Now, at: o.at,
	}
	if n.Stage.Effects {
		w.doubts = newDoubts(doubtCommitEach)
	}
	halted := m.halted.WithLabelValues(name)
	w.gate = newGate(o.Policy, o.Now, func(err error) {
		if err != nil {
			halted.Set(1)
			log.Info("the stage halts until a person acts", "error", err, "hint", stage.FailureOf(err).Hint)
		} else {
			halted.Set(0)
			log.Info("the stage goes on")
		}
		o.OnHalt(name, err)
	})
	return w, nil
}

func (w *worker) name() string { return w.node.Stage.Name }

// folds says that the stage reads the audit topic. What it does is not a
// transition of an artifact, so that nothing is written about it, which would
// go round for ever. And nothing it reads may be given up: an event that is
// missing from the ledger is an artifact that vanished (I2).
func (w *worker) folds() bool { return w.node.In == w.plan.Audit }

// from is the origin of records that are published now.
func (w *worker) from() wire.Origin { return wire.Origin{Stage: w.name(), At: w.now()} }

func (w *worker) status() StageStatus {
	s := StageStatus{Name: w.name()}
	s.Halted, s.PausedUntil = w.gate.state()
	w.counts.fill(&s, w.now())
	return s
}

func closeHandlers(workers []*worker) error {
	var errs []error
	for _, w := range workers {
		if c, ok := w.handler.(io.Closer); ok {
			if err := c.Close(); err != nil {
				errs = append(errs, fmt.Errorf("closing stage %s: %w", w.name(), err))
			}
		}
	}
	return errors.Join(errs...)
}
