package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/internal/wire"
	"github.com/longshore/longshore/stages/stage"
)

// delivery is one message on its way through one stage.
type delivery struct {
	worker *worker
	msg    *message.Message
	pos    bus.Position
	// in is what the handler gets, doubt included.
	in      stage.Envelope
	decoded bool
	took    time.Duration
}

// deliver takes m from its receipt to its acknowledgement. Its only error is
// that the engine stops: the message then stays unacknowledged, with no
// attempt counted and nothing written. For every other message it returns
// when m is acknowledged, since a bare nack would have it sent again at once
// and for ever, and nothing behind it (M7).
func (w *worker) deliver(life lifetime, m *message.Message) error {
	d := &delivery{worker: w, msg: m}
	d.pos, _ = bus.PositionOf(m.Context())
	inFlight := w.metrics.inFlight.WithLabelValues(w.name())
	inFlight.Inc()
	defer inFlight.Dec()
	w.counts.begin(d, w.now())

	s, err := d.decide(life)
	if err == nil {
		s, err = d.finish(life, s)
	}
	if err != nil {
		w.counts.end(d, "")
		return leave(err)
	}
	w.counts.end(d, s.outcome)
	return nil
}

// leave is the error of a message that stays unacknowledged. The router logs
// all but cancellations; this is one, whatever ended the context.
func leave(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%w: %w", context.Canceled, err)
}

// decide calls the handler until there is a settlement. It answers an error
// only where the engine stops first.
func (d *delivery) decide(life lifetime) (settlement, error) {
	w := d.worker
	in, err := wire.Decode(d.msg)
	if err != nil {
		return d.parkUnread(err), nil
	}
	d.in, d.decoded = in, true
	if w.doubts.start(d.pos) {
		d.in.Doubt = true
	}
	if missing := in.Missing(w.node.Stage.Needs); len(missing) > 0 {
		return d.park(stage.Poisonf("stage %s needs %q, which the message lacks", w.name(), missing)), nil
	}
	for try := 1; ; try++ {
		pass, err := w.gate.enter(life.feeding)
		if err != nil {
			return settlement{}, err
		}
		outs, err := d.handle(life.working)
		// The end of the engine is looked at before anything else: it is not a
		// verdict on the message (M4).
		if err != nil && stage.IsStop(life.working, err) {
			pass.neither()
			return settlement{}, err
		}
		var s settlement
		if err == nil {
			s, err = d.passed(outs)
		}
		if err == nil {
			pass.ok()
			return s, nil
		}
		v := w.judge(err)
		if v == retry && w.folds() && d.in.Attempt+1 >= w.policy.Attempts {
			v = halt
		}
		if v != delay {
			w.metrics.failures.WithLabelValues(w.name(), string(stage.ClassOf(err))).Inc()
		}
		switch v {
		case throttle:
			pass.slowDown(stage.WaitOf(err))
			try--
		case halt:
			pass.halt(err)
			try--
		case retry:
			pass.neither()
			// A drain does not wait for the next try; the delay topic keeps it.
			wait := jittered(doubled(try-1, w.policy.TryBackoff, w.policy.TryBackoffMax))
			if try >= w.policy.Tries || sleep(life.feeding, wait) != nil {
				return d.retry(err), nil //nolint:nilerr // the verdict carries it
			}
			d.in.Doubt = true
		case delay:
			pass.ok()
			return d.delay(err), nil
		case restart:
			pass.neither()
			return d.restart(err), nil
		case park:
			pass.neither()
			return d.park(err), nil
		case deadLetter:
			pass.neither()
			return d.giveUp(err, d.in.Attempt), nil
		}
	}
}

// finish makes what follows from the message durable and acknowledges it (I1).
// It answers what became of the message in the end.
func (d *delivery) finish(life lifetime, s settlement) (settlement, error) {
	w := d.worker
	from := w.from()
	err := d.write(life, s, from)
	if err != nil && life.working.Err() == nil {
		// An output that cannot be written is the stage's fault. What parking
		// writes is small.
		s = d.park(stage.Poisonf("%w", err))
		err = d.write(life, s, from)
	}
	if err != nil {
		return s, err
	}
	// Before the next message of the partition comes: it may halt the stage.
	d.note(s)
	d.msg.Ack()
	w.at(afterAck, w.name())
	return s, nil
}

// write publishes what follows from s. Its error is the engine's end, or says
// which record cannot be.
func (d *delivery) write(life lifetime, s settlement, from wire.Origin) error {
	records, err := d.records(s, from)
	if err != nil {
		return err
	}
	d.worker.at(beforePublish, d.worker.name())
	if err := d.worker.out.publish(life.working, from, records); err != nil {
		return err
	}
	d.worker.at(afterPublish, d.worker.name())
	return nil
}
