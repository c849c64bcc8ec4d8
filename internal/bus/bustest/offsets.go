package bustest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/bus"
)

func testCloseCommits(t *testing.T, b bus.Bus) {
	topic := newTopic(t, b, 2)
	// Often, since the order of acknowledgement and end is a matter of luck.
	const rounds = 10
	for i := range rounds {
		publish(t, b, topic, fmt.Sprint(i), "v")
		in, closeIt := subscribe(t, b, topic, topic, bus.SubscriberOptions{})
		next(t, in).Ack()
		closeIt()
		eventually(t, lagIs(t, b, topic, topic, 0))
	}
	in, _ := subscribe(t, b, topic, topic, bus.SubscriberOptions{})
	none(t, in, 500*time.Millisecond)
}

func testUnacknowledged(t *testing.T, b bus.Bus) {
	topic := newTopic(t, b, 1)
	publish(t, b, topic, "k", "done", "not done", "not seen")
	in, closeIt := subscribe(t, b, topic, topic, bus.SubscriberOptions{})
	next(t, in).Ack()
	m := next(t, in)
	closeIt()
	select {
	case <-m.Context().Done():
	case <-time.After(patience):
		t.Error("the context of a message outlives its subscription")
	}
	m.Ack() // too late

	in, _ = subscribe(t, b, topic, topic, bus.SubscriberOptions{})
	for _, want := range []string{"not done", "not seen"} {
		m := next(t, in)
		if string(m.Payload) != want {
			t.Errorf("got %q, want %q", m.Payload, want)
		}
		m.Ack()
	}
}

// A member that dies cannot commit any more, so what is committed while it
// lives is what will not come again.
func testCommitEach(t *testing.T, b bus.Bus) {
	topic := newTopic(t, b, 1)
	publish(t, b, topic, "k", "0", "1", "2", "3")
	in, _ := subscribe(t, b, topic, topic, bus.SubscriberOptions{CommitEach: true})
	m := next(t, in)
	for i := range int64(3) {
		m.Ack()
		// The next message is handed out after the commit of this one.
		m = next(t, in)
		if err := lagIs(t, b, topic, topic, 3-i)(); err != nil {
			t.Errorf("after message %d: %v", i, err)
		}
	}
}

func testTwoGroups(t *testing.T, b bus.Bus) {
	topic := newTopic(t, b, 2)
	for i := range 10 {
		publish(t, b, topic, fmt.Sprint(i), "v")
	}
	for _, group := range []string{topic + ".one", topic + ".two"} {
		in, _ := subscribe(t, b, group, topic, bus.SubscriberOptions{})
		for range 10 {
			next(t, in).Ack()
		}
	}
}

func testLag(t *testing.T, b bus.Bus) {
	topic := newTopic(t, b, 3)
	group := topic + ".group"
	if err := lagIs(t, b, group, topic, 0)(); err != nil {
		t.Error("an empty topic:", err)
	}
	for i := range 20 {
		publish(t, b, topic, fmt.Sprint(i), "v")
	}
	if err := lagIs(t, b, group, topic, 20)(); err != nil {
		t.Error("a group that never was:", err)
	}
	in, closeIt := subscribe(t, b, group, topic, bus.SubscriberOptions{})
	for range 15 {
		next(t, in).Ack()
	}
	closeIt()
	eventually(t, lagIs(t, b, group, topic, 5))
	if _, err := b.Lag(t.Context(), group, uniqueName()); err == nil {
		t.Error("a topic that does not exist has a lag")
	}
}

func testSubscribeContext(t *testing.T, b bus.Bus) {
	topic := newTopic(t, b, 1)
	s, err := b.Subscriber(topic, bus.SubscriberOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	in, err := s.Subscribe(ctx, topic)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case _, ok := <-in:
		if ok {
			t.Error("a message came from an empty topic")
		}
	case <-time.After(patience):
		t.Error("the subscription outlives its context")
	}
}
