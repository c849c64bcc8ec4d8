package engine

import (
	"fmt"
	"maps"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/internal/wire"
	"github.com/longshore/longshore/stages/stage"
)

// maxRecord is what a record may weigh, below the 1 MiB that brokers accept. A
// larger one would be refused again and again and hold up its partition.
const maxRecord = 900 << 10

// record is something to publish before the input is acknowledged: an
// envelope, or raw bytes that stay as they are.
type record struct {
	topic string
	env   stage.Envelope
	// headers are added to those of the wire format.
	headers message.Metadata
	// trace is that of the input, where the record is about the same object.
	trace string
	raw   *raw
	// untouched says that raw must stay as it is, whatever happens.
	untouched bool
	// ready is the encoded record, until it is published for the first time.
	ready *message.Message
}

// raw is a message as it came in.
type raw struct {
	key     []byte
	uuid    string
	headers message.Metadata
	payload message.Payload
}

func rawOf(m *message.Message, p bus.Position) *raw {
	return &raw{key: p.Key, uuid: m.UUID, headers: m.Metadata, payload: m.Payload}
}

// message is a copy that can be published.
func (r *raw) message() *message.Message {
	m := message.NewMessage(r.uuid, r.payload)
	maps.Copy(m.Metadata, r.headers)
	return m
}

// key is the partition key: all records of an object have the same one (I4).
func (r record) key() string {
	if r.raw != nil {
		return string(r.raw.key)
	}
	return string(r.env.ID)
}

// inDoubt is r for the case that it may be on the broker already. Raw bytes
// that make no sense stay as they are; whoever reads them will park them.
func (r record) inDoubt() record {
	if r.untouched {
		return r
	}
	r.ready = nil
	if r.raw != nil {
		e, err := wire.Decode(r.raw.message())
		if err != nil {
			return r
		}
		r.env, r.headers, r.raw = e, r.raw.headers, nil
	}
	r.env.Doubt = true
	return r
}

// prepare encodes all records, so that one which cannot be is found before
// anything is published.
func prepare(records []record, from wire.Origin) error {
	for i := range records {
		m, err := records[i].message(from)
		if err != nil {
			return err
		}
		records[i].ready = m
	}
	return nil
}

// message encodes r anew; a message is published at most once.
func (r record) message(from wire.Origin) (*message.Message, error) {
	m, err := r.encode(from)
	if err != nil {
		return nil, err
	}
	maps.Copy(m.Metadata, r.headers)
	m.Metadata.Set(bus.KeyHeader, r.key())
	return m, nil
}

func (r record) encode(from wire.Origin) (*message.Message, error) {
	if r.raw != nil {
		return r.raw.message(), nil
	}
	from.Trace = r.trace
	m, err := wire.Encode(r.env, from)
	if err != nil {
		return nil, fmt.Errorf("encoding a record for %s: %w", r.topic, err)
	}
	if len(m.Payload) > maxRecord {
		return nil, fmt.Errorf("encoding a record for %s: it has %d bytes, more than %d", r.topic, len(m.Payload), maxRecord)
	}
	return m, nil
}
