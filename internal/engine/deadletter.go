package engine

import "github.com/longshore/longshore/internal/wire"

// failed is the dead letter of the message: its key and bytes as they came,
// and why it was given up.
func (d *delivery) failed(err error, attempt int) record {
	w := d.worker
	death := wire.Death{
		Position: d.pos, Failure: *failureOf(err), Stage: w.name(), Group: w.names.Group(w.name()),
		Attempts: attempt, LastAt: w.now(),
	}
	if d.decoded {
		death.Envelope = &d.in
	}
	m := wire.DeadLetter(d.msg, death)
	return record{topic: w.names.Failed(), raw: rawOf(m, d.pos), untouched: true}
}
