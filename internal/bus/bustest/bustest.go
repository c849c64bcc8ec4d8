// Package bustest is the suite that every bus passes: watermill's own for any
// Pub/Sub, and what the engine relies on beyond it. Subtests use topics and
// groups of their own, so the suite may run against a cluster that others use.
package bustest

import (
	"fmt"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
)

// patience is how long a message may take: far longer than it ever does, so
// that a busy machine fails no test.
const patience = 30 * time.Second

// Run tests the bus that open connects to. open is called once; it registers
// the clean-up itself, with t.Cleanup, since subtests may run after the test
// function has returned.
func Run(t *testing.T, open func(t *testing.T) bus.Bus) {
	t.Helper()
	b := open(t)
	for _, test := range []struct {
		name string
		run  func(t *testing.T, b bus.Bus)
	}{
		{"topics are created once and never shrunk", testCreateTopics},
		{"value, key and headers come out as they went in", testBytes},
		{"a record that makes no sense does not stop its partition", testNonsense},
		{"a record that is too large is refused for good", testTooLarge},
		{"publishing to a topic that does not exist is an error", testMissingTopic},
		{"publishing goes on after a publisher was closed", testPublisherClose},
		{"records of one key keep their order", testKeyOrder},
		{"positions say where a message lay", testPosition},
		{"what lay there before the assignment is backlog", testBacklog},
		{"a message that comes again after a nack keeps its position", testNackPosition},
		{"a nack blocks its partition", testNackBlocks},
		{"one message of a partition is in flight", testInFlight},
		{"what was acknowledged before closing is committed", testCloseCommits},
		{"what was not acknowledged comes again", testUnacknowledged},
		{"committing each leaves one message to come again", testCommitEach},
		{"two groups each get everything", testTwoGroups},
		{"a rebalance leaves handlers at work alone", testRebalance},
		{"lag counts what a group has not committed", testLag},
		{"a subscription ends with its context", testSubscribeContext},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, b)
		})
	}
}

// newTopic creates a topic that no other test uses.
func newTopic(t *testing.T, b bus.Bus, partitions int32) string {
	t.Helper()
	name := uniqueName()
	if err := b.CreateTopics(t.Context(), []bus.Topic{{Name: name, Partitions: partitions}}); err != nil {
		t.Fatal(err)
	}
	return name
}

// publish sends values under one key each, one after the other.
func publish(t *testing.T, b bus.Bus, topic, key string, values ...string) {
	t.Helper()
	for _, v := range values {
		m := message.NewMessage("", []byte(v))
		m.Metadata.Set(bus.KeyHeader, key)
		if err := b.Publisher().Publish(topic, m); err != nil {
			t.Fatal(err)
		}
	}
}

// subscribe joins group; close leaves it and is called at the end at the
// latest.
func subscribe(t *testing.T, b bus.Bus, group, topic string, o bus.SubscriberOptions) (in <-chan *message.Message, closeIt func()) {
	t.Helper()
	s, err := b.Subscriber(group, o)
	if err != nil {
		t.Fatal(err)
	}
	in, err = s.Subscribe(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	closeIt = func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the subscriber: %v", err)
		}
	}
	t.Cleanup(closeIt)
	return in, closeIt
}

// next waits for a message.
func next(t *testing.T, in <-chan *message.Message) *message.Message {
	t.Helper()
	select {
	case m, ok := <-in:
		if !ok {
			t.Fatal("the subscription ended")
		}
		return m
	case <-time.After(patience):
		t.Fatalf("no message in %s", patience)
	}
	return nil
}

// none checks that no message comes for a while.
func none(t *testing.T, in <-chan *message.Message, d time.Duration) {
	t.Helper()
	select {
	case m, ok := <-in:
		if ok {
			t.Fatalf("message %q came, where none should", m.Payload)
		}
	case <-time.After(d):
	}
}

func position(t *testing.T, m *message.Message) bus.Position {
	t.Helper()
	p, ok := bus.PositionOf(m.Context())
	if !ok {
		t.Fatal("the message has no position")
	}
	return p
}

// eventually waits until check returns nil.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func lagIs(t *testing.T, b bus.Bus, group, topic string, want int64) func() error {
	return func() error {
		got, err := b.Lag(t.Context(), group, topic)
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("lag is %d, not %d", got, want)
		}
		return nil
	}
}
