package wire

import (
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// SetNotBefore marks m for a delay topic: it goes to topic, and not before t.
func SetNotBefore(m *message.Message, t time.Time, topic string) {
	m.Metadata[HeaderNotBefore] = t.UTC().Format(time.RFC3339Nano)
	m.Metadata[HeaderOriginalTopic] = topic
}

// NotBefore is when the time of a record in a delay topic comes, and where it
// goes then. ok is false if the record does not say so, or not legibly; its
// time has come then.
func NotBefore(m *message.Message) (t time.Time, topic string, ok bool) {
	t, err := time.Parse(time.RFC3339Nano, m.Metadata.Get(HeaderNotBefore))
	return t, m.Metadata.Get(HeaderOriginalTopic), err == nil
}
