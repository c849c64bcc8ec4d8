package engine

import (
	"strings"

	"github.com/longshore/longshore/internal/wire"
	"github.com/longshore/longshore/stages/stage"
)

// maxReason bounds the text of an error in a record.
const maxReason = 4 << 10

// records are all that must be durable before the message is acknowledged:
// what goes on, and the transitions for the audit topic.
func (d *delivery) records(s settlement, from wire.Origin) ([]record, error) {
	records := s.records
	w := d.worker
	if !w.folds() {
		topic := w.names.Topic(w.plan.Audit)
		t := stage.Transition{
			Stage: w.name(), Outcome: s.outcome, At: from.At, Took: d.took, Attempt: s.attempt,
			Topic: d.pos.Topic, Partition: d.pos.Partition, Offset: d.pos.Offset,
			ShardDone: s.shardDone, Failure: failureOf(s.failure),
		}
		own, err := transitions(topic, s.about, t, s.found)
		if err != nil {
			return nil, err
		}
		records = append(records, own...)
		for _, c := range s.closed {
			t.Outcome, t.Took, t.Attempt, t.ShardDone = stage.Closed, 0, 0, false
			records = append(records, transitionRecord(topic, c, t))
		}
	}
	for i := range records {
		// An object has one trace for all its way.
		if records[i].env.ID == d.in.ID {
			records[i].trace = d.msg.Metadata.Get(wire.HeaderTrace)
		}
	}
	return records, prepare(records, from)
}

func failureOf(err error) *stage.Failure {
	if err == nil {
		return nil
	}
	f := stage.FailureOf(err)
	// A record carries valid text only, and not too much of it.
	f.Message = strings.ToValidUTF8(f.Message[:min(len(f.Message), maxReason)], "�")
	f.Hint = strings.ToValidUTF8(f.Hint, "�")
	return f
}

// note counts what became of the message.
func (d *delivery) note(s settlement) {
	w := d.worker
	w.metrics.settled(w.name(), s, w.folds())
	givenUp := false
	switch s.outcome {
	case stage.DeadLettered, stage.Parked:
		givenUp = true
		w.log.Warn("a message was given up", "outcome", s.outcome, "id", s.about.ID,
			"topic", d.pos.Topic, "partition", d.pos.Partition, "offset", d.pos.Offset, "error", s.failure)
	case stage.Passed, stage.Closed:
	default:
		// Not the message's end.
		return
	}
	if w.window.add(givenUp) {
		w.gate.halt(tooMany(w.policy, s.failure))
	}
}
