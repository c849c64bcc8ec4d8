package kafka

import (
	"context"
	"sync"

	"github.com/IBM/sarama"
	wmkafka "github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"

	"github.com/longshore/longshore/internal/bus"
)

// claims remembers when and how this member was assigned its partitions, so
// that each message can say whether it lay there before.
type claims struct {
	mu sync.Mutex
	of map[partition]*claim
	// assigned is set once an assignment has come, and missing are those of
	// its partitions whose claims have not started. joined is closed when none
	// is left.
	assigned bool
	missing  map[partition]struct{}
	joined   chan struct{}
}

type partition struct {
	topic string
	id    int32
}

type claim struct {
	// newest is the offset that the next record on the broker was to get when
	// the partition was assigned.
	newest int64
	// last is the offset of the record delivered last, -1 for none; count is
	// the number of records delivered before it.
	last, count int64
}

func newClaims() *claims {
	return &claims{of: map[partition]*claim{}, missing: map[partition]struct{}{}, joined: make(chan struct{})}
}

// assign notes which claims are about to start.
func (c *claims) assign(topics map[string][]int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.assigned = true
	clear(c.missing)
	for topic, ids := range topics {
		for _, id := range ids {
			if p := (partition{topic, id}); c.of[p] == nil {
				c.missing[p] = struct{}{}
			}
		}
	}
	c.join()
}

// join closes joined at the first moment when no claim is missing.
func (c *claims) join() {
	if !c.assigned || len(c.missing) > 0 {
		return
	}
	select {
	case <-c.joined:
	default:
		close(c.joined)
	}
}

func (c *claims) start(p partition, newest int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[p] = &claim{newest: newest, last: -1}
	delete(c.missing, p)
	c.join()
}

// seen counts a delivery. A message that comes again after a nack is still
// the same record.
func (c *claims) seen(p partition, offset int64) (backlog bool, since int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.of[p]
	if !ok {
		// Without a claim nothing is known of the past, so assume the worst.
		return true, 0
	}
	if k.last >= 0 && offset != k.last {
		k.count++
	}
	k.last = offset
	return offset < k.newest, k.count
}

// position reads what watermill-kafka says about a message in its context.
func (c *claims) position(ctx context.Context, topic string) bus.Position {
	id, _ := wmkafka.MessagePartitionFromCtx(ctx)
	offset, _ := wmkafka.MessagePartitionOffsetFromCtx(ctx)
	at, _ := wmkafka.MessageTimestampFromCtx(ctx)
	key, _ := wmkafka.MessageKeyFromCtx(ctx)
	backlog, since := c.seen(partition{topic, id}, offset)
	return bus.Position{
		Topic: topic, Partition: id, Offset: offset, Key: key, Time: at,
		Backlog: backlog, SinceAssigned: since,
	}
}

// claimTracer is watermill-kafka's hook for tracing, which is the one place
// where it lets a claim be seen before its messages.
type claimTracer struct{ claims *claims }

var _ wmkafka.SaramaTracer = claimTracer{}

func (t claimTracer) WrapConsumerGroupHandler(h sarama.ConsumerGroupHandler) sarama.ConsumerGroupHandler {
	return claimHandler{h, t.claims}
}
func (claimTracer) WrapConsumer(c sarama.Consumer) sarama.Consumer { return c }
func (claimTracer) WrapPartitionConsumer(c sarama.PartitionConsumer) sarama.PartitionConsumer {
	return c
}

func (claimTracer) WrapSyncProducer(_ *sarama.Config, p sarama.SyncProducer) sarama.SyncProducer {
	return p
}

type claimHandler struct {
	sarama.ConsumerGroupHandler
	claims *claims
}

// Setup runs at the beginning of a session, before its claims start.
func (h claimHandler) Setup(s sarama.ConsumerGroupSession) error {
	h.claims.assign(s.Claims())
	return h.ConsumerGroupHandler.Setup(s)
}

// ConsumeClaim runs once an assignment. A partition that a cooperative
// rebalance leaves with this member goes on in the same call, so its count
// goes on as well.
//
// Sarama asks for the newest offset before it starts a claim, so the high-water
// mark is valid here. A fetch may have moved it on since: then a few records
// too many count as backlog, which costs a look, not a record.
func (h claimHandler) ConsumeClaim(s sarama.ConsumerGroupSession, c sarama.ConsumerGroupClaim) error {
	h.claims.start(partition{c.Topic(), c.Partition()}, c.HighWaterMarkOffset())
	return h.ConsumerGroupHandler.ConsumeClaim(s, c)
}
