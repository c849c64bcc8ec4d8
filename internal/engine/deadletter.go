package engine

import (
	"time"

	"github.com/longshore/longshore/internal/wire"
)

// failed is the dead letter of the message: its key and bytes as they came,
// and why it was given up.
func (d *delivery) failed(err error, attempt int) record {
	w := d.worker
	death := wire.Death{
		Position: d.pos, Failure: *failureOf(err), Stage: w.name(), Group: w.names.Group(w.name()),
		Attempts: attempt, FirstAt: d.firstFailure(), LastAt: w.now(),
	}
	if d.decoded {
		death.Envelope = &d.in
	}
	m := wire.DeadLetter(d.msg, death)
	delete(m.Metadata, headerFirstFailure)
	return record{topic: w.names.Failed(), raw: rawOf(m, d.pos), untouched: true}
}

// headerFirstFailure goes with a message through the delay topics and says
// when its first attempt in this stage failed.
const headerFirstFailure = "longshore.retry.first_at"

// firstFailure is zero if no attempt has failed.
func (d *delivery) firstFailure() time.Time {
	at, err := time.Parse(time.RFC3339Nano, d.msg.Metadata.Get(headerFirstFailure))
	if err != nil {
		return time.Time{}
	}
	return at
}
