package bustest

import (
	"context"
	"sync"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"

	"github.com/longshore/longshore/internal/bus"
)

// RunUniversal runs watermill's own suite for any Pub/Sub on the bus that open
// connects to. It works on some hundred topics, so give it a broker of its own.
func RunUniversal(t *testing.T, open func(t *testing.T) bus.Bus) {
	t.Helper()
	b := open(t)
	withGroup := func(t *testing.T, group string) (message.Publisher, message.Subscriber) {
		s, err := b.Subscriber(group, bus.SubscriberOptions{})
		if err != nil {
			t.Fatal(err)
		}
		topics := &topicMaker{bus: b}
		return creatingPublisher{b.Publisher(), topics}, creatingSubscriber{s, topics}
	}
	tests.TestPubSub(t, tests.Features{
		ConsumerGroups:  true,
		GuaranteedOrder: true,
		Persistent:      true,
		ForceShort:      testing.Short(),
	}, func(t *testing.T) (message.Publisher, message.Subscriber) {
		return withGroup(t, "bustest.universal")
	}, withGroup)
}

// topicMaker stands in for brokers that create topics by themselves, which the
// suite expects and ours do not.
type topicMaker struct {
	bus  bus.Bus
	made sync.Map
}

func (m *topicMaker) SubscribeInitialize(topic string) error {
	if _, made := m.made.Load(topic); made {
		return nil
	}
	if err := m.bus.CreateTopics(context.Background(), []bus.Topic{{Name: topic, Partitions: 8}}); err != nil {
		return err
	}
	m.made.Store(topic, true)
	return nil
}

type creatingPublisher struct {
	message.Publisher
	topics *topicMaker
}

// Publish gives all messages one key: the suite expects the messages of a
// topic in their order.
func (p creatingPublisher) Publish(topic string, messages ...*message.Message) error {
	if err := p.topics.SubscribeInitialize(topic); err != nil {
		return err
	}
	for _, m := range messages {
		m.Metadata.Set(bus.KeyHeader, "one key")
		defer delete(m.Metadata, bus.KeyHeader)
	}
	return p.Publisher.Publish(topic, messages...)
}

type creatingSubscriber struct {
	message.Subscriber
	*topicMaker
}
