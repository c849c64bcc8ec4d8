package engine

import (
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/internal/wire"
	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/topology"
)

// tier is one of a stage's delay topics. A message leaves it when its time has
// come, or after length at the latest; if its time has not come then, it goes
// to a tier once more.
//
// A partition is a queue, so a message may have to wait for one ahead of it.
// That one was written earlier and leaves after length at the latest. So a
// message is in its tier for at most length, besides the time it takes to
// forward those ahead of it.
type tier struct {
	name   string
	length time.Duration
}

// The waits that the delay topics are made for.
const (
	shortWait = 15 * time.Second
	longWait  = 5 * time.Minute
)

func tiers() []tier {
	return []tier{{topology.LaterShort, shortWait}, {topology.LaterLong, longWait}}
}

// tierFor is the shortest tier that holds a message for wait, or the longest.
func tierFor(wait time.Duration) tier {
	all := tiers()
	for _, t := range all {
		if wait <= t.length {
			return t
		}
	}
	return all[len(all)-1]
}

// delayPartitions bounds the partitions of a delay topic: they hold messages
// that wait, and forwarding one takes no time.
const delayPartitions = 4

// later is the record that brings e back to the stage after wait.
func (d *delivery) later(e stage.Envelope, wait time.Duration) record {
	w := d.worker
	headers := delayed(w.now().Add(wait), w.names.Topic(w.node.In))
	first := d.firstFailure()
	if first.IsZero() {
		first = w.now()
	}
	if e.Attempt > 0 {
		headers.Set(headerFirstFailure, first.UTC().Format(time.RFC3339Nano))
	}
	return record{topic: w.names.Later(w.name(), tierFor(wait).name), env: e, headers: headers}
}

func delayed(until time.Time, topic string) message.Metadata {
	m := message.NewMessage("", nil)
	wire.SetNotBefore(m, until, topic)
	return m.Metadata
}

// forwarder brings the messages of one delay topic back to their stage.
type forwarder struct {
	worker *worker
	tier   tier
	doubts *doubts
}

func newForwarder(w *worker, t tier) *forwarder {
	return &forwarder{worker: w, tier: t, doubts: newDoubts(doubtInterval)}
}

// forward waits for the message's time in its place and passes it on. Its only
// error is that the engine stops.
func (f *forwarder) forward(life lifetime, m *message.Message) error {
	w := f.worker
	p, _ := bus.PositionOf(m.Context())
	now := w.now()
	due, _, ok := wire.NotBefore(m)
	if !ok {
		due = now
	}
	until := due
	if end := p.Time.Add(f.tier.length); !p.Time.IsZero() && end.Before(until) {
		until = end
	}
	if err := sleep(life.feeding, until.Sub(now)); err != nil {
		return leave(err)
	}
	r := record{raw: rawOf(m, p)}
	if left := due.Sub(w.now()); left > 0 {
		r.topic = w.names.Later(w.name(), tierFor(left).name)
	} else {
		r.topic = w.names.Topic(w.node.In)
		r.raw.headers = wire.WithoutErrors(m.Metadata)
	}
	if f.doubts.start(p) {
		// Another member may have forwarded it already: then there are two.
		r = r.inDoubt()
	}
	if err := w.out.publish(life.working, w.from(), []record{r}); err != nil {
		return leave(err)
	}
	m.Ack()
	return nil
}
