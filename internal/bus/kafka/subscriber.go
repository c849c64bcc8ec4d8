package kafka

import (
	"context"
	"sync"

	wmkafka "github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
)

// subscriber is watermill-kafka's, plus positions and a Close that loses no
// acknowledgement.
type subscriber struct {
	inner  *wmkafka.Subscriber
	claims *claims
	bus    *Bus
	feeds  sync.WaitGroup

	mu sync.Mutex
	// current is the message of each partition that was handed out last.
	current map[partition]handed
}

// handed is a message and watermill-kafka's context of it, which ends when
// the offset has been marked, or never will be.
type handed struct {
	message *message.Message
	settled <-chan struct{}
}

func newSubscriber(b *Bus, group string, o bus.SubscriberOptions) (*subscriber, error) {
	claims := newClaims()
	inner, err := wmkafka.NewSubscriber(wmkafka.SubscriberConfig{
		Brokers:               b.options.Brokers,
		Unmarshaler:           marshaler{},
		OverwriteSaramaConfig: b.options.consumerConfig(o.CommitEach),
		ConsumerGroup:         group,
		Tracer:                claimTracer{claims},
	}, b.log)
	if err != nil {
		return nil, b.options.explain("subscribing as "+group, err)
	}
	return &subscriber{inner: inner, claims: claims, bus: b, current: map[partition]handed{}}, nil
}

// Subscribe joins the group. The channel closes when ctx or the subscriber
// ends; a lost connection does not close it.
func (s *subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	in, err := s.inner.Subscribe(ctx, topic)
	if err != nil {
		return nil, s.bus.options.explain("subscribing to "+topic, err)
	}
	out := make(chan *message.Message)
	s.feeds.Go(func() {
		defer close(out)
		for m := range in {
			s.hand(topic, m, out)
		}
	})
	return out, nil
}

// Joined implements bus.Joiner.
func (s *subscriber) Joined() <-chan struct{} { return s.claims.joined }

// hand gives m to the reader, unless its claim ends first.
func (s *subscriber) hand(topic string, m *message.Message, out chan<- *message.Message) {
	ctx := m.Context()
	pos := s.position(ctx, topic)
	m.SetContext(bus.WithPosition(ctx, pos))
	s.mu.Lock()
	s.current[partition{topic, pos.Partition}] = handed{m, ctx.Done()}
	s.mu.Unlock()
	select {
	case out <- m:
	case <-ctx.Done():
	}
}

func (s *subscriber) position(ctx context.Context, topic string) bus.Position {
	id, _ := wmkafka.MessagePartitionFromCtx(ctx)
	offset, _ := wmkafka.MessagePartitionOffsetFromCtx(ctx)
	at, _ := wmkafka.MessageTimestampFromCtx(ctx)
	key, _ := wmkafka.MessageKeyFromCtx(ctx)
	backlog, since := s.claims.seen(partition{topic, id}, offset)
	return bus.Position{
		Topic: topic, Partition: id, Offset: offset, Key: key, Time: at,
		Backlog: backlog, SinceAssigned: since,
	}
}

// Close leaves the group after the offsets of acknowledged messages are
// committed. When it returns, the channels are closed.
func (s *subscriber) Close() error {
	s.settle()
	err := s.inner.Close()
	s.feeds.Wait()
	s.bus.forget(s)
	return err
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
