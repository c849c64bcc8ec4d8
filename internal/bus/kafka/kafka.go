// Package kafka is the transport: package bus on any broker that speaks
// Kafka's protocol, through watermill-kafka and Sarama.
//
// It keeps to what was measured with slow handlers, many partitions and dying
// members: cooperative-sticky assignment, no channel buffer and a rebalance
// time-out longer than any handler, so that a rebalance takes no partition
// away from a handler at work; offsets committed within a second and flushed
// on close; acks=all and an idempotent producer shared by the whole process.
//
// Invariants: Publish returns nil only when every message is durable on the
// broker (I1); a message's value and key come out as they went in, whatever
// they are, and no record fails to be decoded here, since an error at this
// point would end the partition's consumer for good; an offset is committed
// only after its message was acknowledged.
package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/IBM/sarama"
	watermill "github.com/ThreeDotsLabs/watermill"
	wmkafka "github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
)

// Bus is a connection to a cluster.
type Bus struct {
	options   Options
	log       watermill.LoggerAdapter
	client    sarama.Client
	admin     sarama.ClusterAdmin
	publisher *publisher

	mu          sync.Mutex
	closed      bool
	subscribers map[*subscriber]struct{}
}

var _ bus.Bus = (*Bus)(nil)

// Open connects to the brokers and reports when none can be reached. ctx is
// for giving up on that; it does not end the bus.
func Open(ctx context.Context, o Options) (*Bus, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	opened := make(chan *Bus, 1)
	failed := make(chan error, 1)
	// Sarama's constructors know no context; one that is given up is closed
	// when it arrives.
	go func() {
		b, err := open(o)
		if err != nil {
			failed <- err
			return
		}
		opened <- b
	}()
	select {
	case b := <-opened:
		return b, nil
	case err := <-failed:
		return nil, err
	case <-ctx.Done():
		go func() {
			select {
			case b := <-opened:
				_ = b.Close()
			case <-failed: //nolint:errcheck // nobody waits for it any more
			}
		}()
		return nil, fmt.Errorf("connecting to Kafka: %w", context.Cause(ctx))
	}
}

func open(o Options) (_ *Bus, err error) {
	b := &Bus{options: o, log: adaptLogger(o.Logger), subscribers: map[*subscriber]struct{}{}}
	defer func() {
		if err != nil {
			_ = b.Close()
		}
	}()
	if b.client, err = sarama.NewClient(o.Brokers, o.config()); err != nil {
		return nil, o.explain("connecting to Kafka", err)
	}
	if b.admin, err = sarama.NewClusterAdminFromClient(b.client); err != nil {
		return nil, o.explain("connecting to Kafka", err)
	}
	inner, err := wmkafka.NewPublisher(wmkafka.PublisherConfig{
		Brokers:               o.Brokers,
		Marshaler:             marshaler{},
		OverwriteSaramaConfig: o.producerConfig(),
	}, b.log)
	if err != nil {
		return nil, o.explain("connecting to Kafka", err)
	}
	b.publisher = &publisher{inner: inner, options: o}
	return b, nil
}

// Publisher implements bus.Bus.
func (b *Bus) Publisher() message.Publisher { return b.publisher }

// Subscriber implements bus.Bus.
func (b *Bus) Subscriber(group string, o bus.SubscriberOptions) (message.Subscriber, error) {
	if group == "" {
		return nil, errors.New("subscribing: a consumer group is required")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, errClosed
	}
	s := newSubscriber(b, group, o)
	b.subscribers[s] = struct{}{}
	return s, nil
}

func (b *Bus) forget(s *subscriber) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.subscribers, s)
}

var errClosed = errors.New("the bus is closed")

// Close implements bus.Bus. Subscribers go first, so that the publisher is
// there for as long as a handler may use it.
func (b *Bus) Close() error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	open := make([]*subscriber, 0, len(b.subscribers))
	for s := range b.subscribers {
		open = append(open, s)
	}
	b.mu.Unlock()

	var errs []error
	var wait sync.WaitGroup
	results := make([]error, len(open))
	for i, s := range open {
		wait.Go(func() { results[i] = s.Close() })
	}
	wait.Wait()
	errs = append(errs, results...)
	if b.publisher != nil {
		errs = append(errs, b.publisher.shutdown())
	}
	// The admin shares the client and closes it.
	switch {
	case b.admin != nil:
		errs = append(errs, ignoreClosed(b.admin.Close()))
	case b.client != nil:
		errs = append(errs, ignoreClosed(b.client.Close()))
	}
	return errors.Join(errs...)
}

func ignoreClosed(err error) error {
	if errors.Is(err, sarama.ErrClosedClient) {
		return nil
	}
	return err
}

// adaptLogger keeps watermill's chatter at debug level: it reports every
// subscription and reconnection as news, while here a log line asks a person
// to act.
func adaptLogger(l *slog.Logger) watermill.LoggerAdapter {
	return watermill.NewSlogLoggerWithLevelMapping(l, map[slog.Level]slog.Level{
		slog.LevelInfo:  slog.LevelDebug,
		slog.LevelError: slog.LevelWarn,
	})
}
