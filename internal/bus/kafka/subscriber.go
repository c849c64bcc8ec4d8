package kafka

import (
	"context"
	"errors"
	"sync"

	wmkafka "github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
)

// subscriber is watermill-kafka's, plus positions and a Close that loses no
// acknowledgement.
type subscriber struct {
	bus     *Bus
	group   string
	options bus.SubscriberOptions
	feeds   sync.WaitGroup
	// joined is closed when the first subscription has its partitions.
	joined chan struct{}

	mu     sync.Mutex
	closed bool
	inner  []*wmkafka.Subscriber
	// current is the message of each partition that was handed out last.
	current map[partition]handed
}

var _ bus.Joiner = (*subscriber)(nil)

// handed is a message and the end of watermill-kafka's context of it: when the
// offset has been marked, or never will be.
type handed struct {
	message *message.Message
	settled <-chan struct{}
}

func newSubscriber(b *Bus, group string, o bus.SubscriberOptions) *subscriber {
	return &subscriber{bus: b, group: group, options: o, joined: make(chan struct{}), current: map[partition]handed{}}
}

// Subscribe joins the group. The channel closes when ctx or the subscriber
// ends; a lost connection does not close it.
func (s *subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	claims := newClaims()
	inner, err := s.member(claims)
	if err != nil {
		return nil, err
	}
	in, err := inner.Subscribe(ctx, topic)
	if err != nil {
		return nil, s.bus.options.explain("subscribing to "+topic, err)
	}
	out := make(chan *message.Message)
	s.feeds.Go(func() {
		defer close(out)
		for m := range in {
			s.hand(claims, topic, m, out)
		}
	})
	return out, nil
}

// member makes one of watermill-kafka's subscribers for each subscription. It
// has one Sarama configuration, with one balance strategy in it, for all its
// subscriptions, while a strategy keeps the plan of its member in itself:
// shared, two members race for it.
func (s *subscriber) member(claims *claims) (*wmkafka.Subscriber, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	inner, err := wmkafka.NewSubscriber(wmkafka.SubscriberConfig{
		Brokers:               s.bus.options.Brokers,
		Unmarshaler:           marshaler{},
		OverwriteSaramaConfig: s.bus.options.consumerConfig(s.options.CommitEach),
		ConsumerGroup:         s.group,
		Tracer:                claimTracer{claims},
	}, s.bus.log)
	if err != nil {
		return nil, s.bus.options.explain("subscribing as "+s.group, err)
	}
	if s.inner == nil {
		claims.joined = s.joined
	}
	s.inner = append(s.inner, inner)
	return inner, nil
}

// Joined implements bus.Joiner.
func (s *subscriber) Joined() <-chan struct{} { return s.joined }

// hand gives m to the reader, unless its claim ends first.
func (s *subscriber) hand(claims *claims, topic string, m *message.Message, out chan<- *message.Message) {
	ctx := m.Context()
	pos := claims.position(ctx, topic)
	m.SetContext(bus.WithPosition(ctx, pos))
	s.mu.Lock()
	s.current[partition{topic, pos.Partition}] = handed{m, ctx.Done()}
	s.mu.Unlock()
	select {
	case out <- m:
	case <-ctx.Done():
	}
}

// Close leaves the group after the offsets of acknowledged messages are
// committed. When it returns, the channels are closed.
func (s *subscriber) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.settle()
	errs := make([]error, len(s.inner))
	var wait sync.WaitGroup
	for i, inner := range s.inner {
		wait.Go(func() { errs[i] = inner.Close() })
	}
	wait.Wait()
	s.feeds.Wait()
	s.bus.forget(s)
	return errors.Join(errs...)
}

// settle waits until acknowledgements already given have been marked. When an
// acknowledgement and the end of the subscription are both there,
// watermill-kafka picks one at random.
func (s *subscriber) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.current {
		select {
		case <-h.message.Acked():
			<-h.settled
		default:
		}
	}
}
