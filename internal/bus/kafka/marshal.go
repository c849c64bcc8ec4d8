package kafka

import (
	"github.com/IBM/sarama"
	watermill "github.com/ThreeDotsLabs/watermill"
	wmkafka "github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
)

// marshaler copies records as they are. It never fails: watermill-kafka ends a
// partition's consumer when its unmarshaler does, and the same record would
// end the next one (W1). Whether the bytes make sense is for the reader to say.
type marshaler struct{}

var _ wmkafka.MarshalerUnmarshaler = marshaler{}

// Marshal takes the key from bus.KeyHeader. A nil payload stays nil: a
// tombstone is not an empty value.
func (marshaler) Marshal(topic string, m *message.Message) (*sarama.ProducerMessage, error) {
	out := &sarama.ProducerMessage{Topic: topic}
	if m.Payload != nil {
		out.Value = sarama.ByteEncoder(m.Payload)
	}
	if key, ok := m.Metadata[bus.KeyHeader]; ok && key != "" {
		out.Key = sarama.StringEncoder(key)
	}
	if m.UUID != "" {
		out.Headers = append(out.Headers, header(wmkafka.UUIDHeaderKey, m.UUID))
	}
	for k, v := range m.Metadata {
		// The message's own UUID wins over one that was copied from a record
		// whose sender knew nothing of watermill.
		if k == bus.KeyHeader || k == wmkafka.UUIDHeaderKey {
			continue
		}
		out.Headers = append(out.Headers, header(k, v))
	}
	return out, nil
}

func header(k, v string) sarama.RecordHeader {
	return sarama.RecordHeader{Key: []byte(k), Value: []byte(v)}
}

// Unmarshal accepts every record. Of headers that repeat, the last one counts.
// A header called like bus.KeyHeader is dropped: it is ours to set.
func (marshaler) Unmarshal(in *sarama.ConsumerMessage) (*message.Message, error) {
	m := message.NewMessage("", in.Value)
	for _, h := range in.Headers {
		if h == nil {
			continue
		}
		switch k := string(h.Key); k {
		case wmkafka.UUIDHeaderKey:
			m.UUID = string(h.Value)
		case bus.KeyHeader:
		default:
			m.Metadata[k] = string(h.Value)
		}
	}
	if m.UUID == "" {
		m.UUID = watermill.NewUUID()
	}
	return m, nil
}
