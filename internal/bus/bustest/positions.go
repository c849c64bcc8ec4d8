package bustest

import (
	"testing"
	"time"

	"github.com/longshore/longshore/internal/bus"
)

func testPosition(t *testing.T, b bus.Bus) {
	topic := newTopic(t, b, 3)
	publish(t, b, topic, "one key, one partition", "0", "1", "2")
	in, _ := subscribe(t, b, topic, topic, bus.SubscriberOptions{})
	var first bus.Position
	for i := range int64(3) {
		m := next(t, in)
		p := position(t, m)
		if i == 0 {
			first = p
		}
		if p.Topic != topic || p.Partition != first.Partition || p.Offset != first.Offset+i || p.SinceAssigned != i {
			t.Errorf("message %d lies at %+v", i, p)
		}
		if age := time.Since(p.Time); age < -time.Minute || age > time.Hour {
			t.Errorf("message %d is of %s", i, p.Time)
		}
		m.Ack()
	}
}

func testBacklog(t *testing.T, b bus.Bus) {
	topic := newTopic(t, b, 1)
	publish(t, b, topic, "k", "old 0", "old 1")
	in, closeIt := subscribe(t, b, topic, topic, bus.SubscriberOptions{})
	expect := func(value string, backlog bool, since int64) {
		t.Helper()
		m := next(t, in)
		p := position(t, m)
		if string(m.Payload) != value || p.Backlog != backlog || p.SinceAssigned != since {
			t.Errorf("got %q, backlog %t, since %d; want %q, %t, %d", m.Payload, p.Backlog, p.SinceAssigned, value, backlog, since)
		}
		m.Ack()
	}
	expect("old 0", true, 0)
	expect("old 1", true, 1)
	publish(t, b, topic, "k", "new")
	expect("new", false, 2)
	closeIt()

	// The next member counts anew.
	publish(t, b, topic, "k", "meanwhile")
	in, _ = subscribe(t, b, topic, topic, bus.SubscriberOptions{})
	expect("meanwhile", true, 0)
	publish(t, b, topic, "k", "new again")
	expect("new again", false, 1)
}

func testNackPosition(t *testing.T, b bus.Bus) {
	topic := newTopic(t, b, 1)
	publish(t, b, topic, "k", "0", "1")
	in, _ := subscribe(t, b, topic, topic, bus.SubscriberOptions{})
	for i, nack := range []bool{true, true, false, false} {
		m := next(t, in)
		p := position(t, m)
		want := int64(i / 3)
		if p.Offset != want || p.SinceAssigned != want {
			t.Errorf("delivery %d lies at %+v", i, p)
		}
		if nack {
			m.Nack()
		} else {
			m.Ack()
		}
	}
}

// The engine therefore never nacks (M7).
func testNackBlocks(t *testing.T, b bus.Bus) {
	topic := newTopic(t, b, 1)
	publish(t, b, topic, "k", "bad", "good")
	in, _ := subscribe(t, b, topic, topic, bus.SubscriberOptions{})
	for range 5 {
		m := next(t, in)
		if string(m.Payload) != "bad" {
			t.Fatalf("%q overtook a nacked message", m.Payload)
		}
		m.Nack()
	}
}

// Partitions are the concurrency of a stage (M1).
func testInFlight(t *testing.T, b bus.Bus) {
	const partitions = 3
	topic := newTopic(t, b, partitions)
	for i := range 30 {
		publish(t, b, topic, string(rune('a'+i)), "v")
	}
	in, _ := subscribe(t, b, topic, topic, bus.SubscriberOptions{})
	held := map[int32]bool{}
	for range partitions {
		m := next(t, in)
		held[position(t, m).Partition] = true
		defer m.Ack()
	}
	if len(held) != partitions {
		t.Errorf("messages of %d partitions came, not of %d", len(held), partitions)
	}
	none(t, in, 300*time.Millisecond)
}
