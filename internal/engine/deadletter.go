package engine

import (
	"github.com/ThreeDotsLabs/watermill/message"
)

// failed is the dead letter of the message: its bytes and key as they came,
// and why.
func (d *delivery) failed(err error, attempt int) record {
	w := d.worker
	return record{topic: w.names.Failed(), raw: rawOf(d.msg, d.pos), untouched: true, headers: message.Metadata{"longshore.error.message": err.Error()}}
}
