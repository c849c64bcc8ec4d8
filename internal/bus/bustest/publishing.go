package bustest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/stages/stage"
)

func testCreateTopics(t *testing.T, b bus.Bus) {
	topic := uniqueName()
	for range 2 {
		if err := b.CreateTopics(t.Context(), []bus.Topic{{Name: topic, Partitions: 3}, {Name: uniqueName(), Partitions: 1}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.CreateTopics(t.Context(), []bus.Topic{{Name: topic, Partitions: 2}}); err != nil {
		t.Errorf("asking for fewer partitions than there are: %v", err)
	}
	other := uniqueName()
	err := b.CreateTopics(t.Context(), []bus.Topic{{Name: topic, Partitions: 12}, {Name: other, Partitions: 1}})
	if err == nil {
		t.Fatal("a topic with 3 partitions passed for one with 12")
	}
	for _, want := range []string{topic, "3", "12"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %s: %v", want, err)
		}
	}
	publish(t, b, other, "k", "the topics after a wrong one are created nevertheless")
}

func testBytes(t *testing.T, b bus.Bus) {
	topic := newTopic(t, b, 1)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, want := range []struct {
		name    string
		uuid    string
		key     string
		value   []byte
		headers message.Metadata
	}{
		{"plain", "an-id", "key", []byte("value"), message.Metadata{"a": "b"}},
		{"without id and headers", "", "key", []byte("value"), nil},
		{"without key", "id", "", []byte("value"), nil},
		{"empty value", "id", "key", []byte{}, nil},
		{"tombstone", "id", "key", nil, nil},
		{"every byte", string(all), string(all), all, message.Metadata{string(all): string(all), "empty": "", "": "nameless"}},
		{"large", "id", strings.Repeat("k", 1000), bytes.Repeat([]byte("0123456789abcdef"), 1<<16), message.Metadata{"h": strings.Repeat("h", 100_000)}},
	} {
		t.Run(want.name, func(t *testing.T) {
			sent := message.NewMessage(want.uuid, want.value)
			maps.Copy(sent.Metadata, want.headers)
			sent.Metadata.Set(bus.KeyHeader, want.key)
			if err := b.Publisher().Publish(topic, sent); err != nil {
				t.Fatal(err)
			}
			in, closeIt := subscribe(t, b, topic, topic, bus.SubscriberOptions{})
			m := next(t, in)
			if !bytes.Equal(m.Payload, want.value) || (m.Payload == nil) != (want.value == nil) {
				t.Errorf("the value is %.100q, not %.100q", m.Payload, want.value)
			}
			if got := string(position(t, m).Key); got != want.key {
				t.Errorf("the key is %.100q, not %.100q", got, want.key)
			}
			if want.uuid != "" && m.UUID != want.uuid {
				t.Errorf("the id is %q, not %q", m.UUID, want.uuid)
			}
			if m.UUID == "" {
				t.Error("the message has no id")
			}
			if !maps.Equal(m.Metadata, want.headers) {
				t.Errorf("the headers are %.200q, not %.200q", m.Metadata, want.headers)
			}
			m.Ack()
			closeIt()
		})
	}
}

// An error in the unmarshaler would end the partition's consumer, and the next
// one, and so for ever (M9, W1).
func testNonsense(t *testing.T, b bus.Bus) {
	topic := newTopic(t, b, 1)
	odd := message.NewMessage("", []byte("{\xff\x00"))
	odd.Metadata = message.Metadata{"_watermill_message_uuid": "", "ce_id": "\xff", "ce_time": "yesterday"}
	for _, m := range []*message.Message{odd, message.NewMessage("", nil)} {
		if err := b.Publisher().Publish(topic, m); err != nil {
			t.Fatal(err)
		}
	}
	publish(t, b, topic, "k", "sense")
	in, _ := subscribe(t, b, topic, topic, bus.SubscriberOptions{})
	var got string
	for range 3 {
		m := next(t, in)
		got = string(m.Payload)
		m.Ack()
	}
	if got != "sense" {
		t.Errorf("the third message is %q", got)
	}
}

func testTooLarge(t *testing.T, b bus.Bus) {
	topic := newTopic(t, b, 1)
	err := b.Publisher().Publish(topic, message.NewMessage("", make([]byte, 8<<20)))
	if !errors.Is(err, bus.ErrTooLarge) {
		t.Fatalf("a record of 8 MiB: %v", err)
	}
	if c := stage.ClassOf(err); c != stage.Permanent {
		t.Errorf("its class is %s", c)
	}
	publish(t, b, topic, "k", "one that fits")
	in, _ := subscribe(t, b, topic, topic, bus.SubscriberOptions{})
	m := next(t, in)
	if string(m.Payload) != "one that fits" {
		t.Errorf("got a message of %d bytes", len(m.Payload))
	}
	m.Ack()
}

func testMissingTopic(t *testing.T, b bus.Bus) {
	topic := uniqueName()
	err := b.Publisher().Publish(topic, message.NewMessage("", []byte("lost?")))
	if err == nil {
		t.Fatal("a record for a topic that does not exist was accepted")
	}
	if !strings.Contains(err.Error(), topic) {
		t.Errorf("the error does not name the topic: %v", err)
	}
	if c := stage.ClassOf(err); c != stage.Retryable {
		t.Errorf("its class is %s", c)
	}
}

// watermill's Router closes publishers while handlers still use them (M3).
func testPublisherClose(t *testing.T, b bus.Bus) {
	topic := newTopic(t, b, 1)
	if err := b.Publisher().Close(); err != nil {
		t.Fatal(err)
	}
	publish(t, b, topic, "k", "after")
}

func testKeyOrder(t *testing.T, b bus.Bus) {
	const keys, each = 20, 25
	topic := newTopic(t, b, 4)
	// One call with many messages, and many calls at once, each with its key.
	var batch []*message.Message
	for i := range each {
		for k := range keys / 2 {
			batch = append(batch, keyed(k, i))
		}
	}
	if err := b.Publisher().Publish(topic, batch...); err != nil {
		t.Fatal(err)
	}
	var calls sync.WaitGroup
	for k := keys / 2; k < keys; k++ {
		calls.Go(func() {
			for i := range each {
				if err := b.Publisher().Publish(topic, keyed(k, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	calls.Wait()
	in, _ := subscribe(t, b, topic, topic, bus.SubscriberOptions{})
	last := map[string]string{}
	for range keys * each {
		m := next(t, in)
		key, value := string(position(t, m).Key), string(m.Payload)
		if value <= last[key] {
			t.Errorf("key %s: %s came after %s", key, value, last[key])
		}
		last[key] = value
		m.Ack()
	}
}

func keyed(key, i int) *message.Message {
	m := message.NewMessage("", fmt.Appendf(nil, "%04d", i+1))
	m.Metadata.Set(bus.KeyHeader, fmt.Sprint("key", key))
	return m
}
