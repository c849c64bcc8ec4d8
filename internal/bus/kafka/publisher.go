package kafka

import (
	"context"

	wmkafka "github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/message"
	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/bus"
)

// maxConcurrentKeys bounds how many records one Publish call has on the way.
const maxConcurrentKeys = 256

// publisher is shared by the process and safe for concurrent use.
type publisher struct {
	inner   *wmkafka.Publisher
	options Options
}

// Publish returns when every message is durable. Messages with the same key
// are sent in the order given; those with different keys at the same time,
// since sending one and waiting for it, again and again, is 20 times slower.
// On an error some of the messages may have been published.
func (p *publisher) Publish(topic string, messages ...*message.Message) error {
	lanes := byKey(messages)
	if len(lanes) == 1 {
		return p.send(topic, lanes[0])
	}
	group, ctx := errgroup.WithContext(context.Background())
	group.SetLimit(maxConcurrentKeys)
	for _, lane := range lanes {
		group.Go(func() error {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // another lane failed, and its error is reported
			}
			return p.send(topic, lane)
		})
	}
	return group.Wait()
}

func (p *publisher) send(topic string, lane []*message.Message) error {
	if err := p.inner.Publish(topic, lane...); err != nil {
		return p.options.explain("publishing to "+topic, err)
	}
	return nil
}

// byKey splits messages into lanes of equal keys; those without a key share
// one.
func byKey(messages []*message.Message) [][]*message.Message {
	if len(messages) <= 1 {
		return [][]*message.Message{messages}
	}
	at := make(map[string]int, len(messages))
	var lanes [][]*message.Message
	for _, m := range messages {
		key := m.Metadata.Get(bus.KeyHeader)
		i, ok := at[key]
		if !ok {
			i = len(lanes)
			at[key] = i
			lanes = append(lanes, nil)
		}
		lanes[i] = append(lanes[i], m)
	}
	return lanes
}

// Close does nothing: watermill's Router closes publishers while handlers
// still use them (M3). Bus.Close calls shutdown.
func (*publisher) Close() error { return nil }

func (p *publisher) shutdown() error { return p.inner.Close() }
