// Package bus is what the engine needs of a message broker: watermill
// publishers and subscribers with consumer groups, topics, lag, and where a
// message lay. There is one transport, Kafka's protocol (package kafka); the
// embedded bus (package embedded) is a Kafka-protocol broker in this process
// behind the same code. Both pass internal/bus/bustest.
package bus

import (
	"context"
	"errors"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// Bus is a connection to a broker.
type Bus interface {
	// Publisher is shared by everybody in the process and safe for concurrent
	// use. Publish returns when all its messages are durable on the broker
	// (acks=all). Those of one call with the same key keep their order; those
	// with different keys are sent at the same time, so give it many. After
	// an error some of them may have been published. Its Close does
	// nothing, since watermill's Router closes publishers while handlers still
	// run (M3); Bus.Close closes it.
	Publisher() message.Publisher

	// Subscriber makes a member of a consumer group. Messages carry a
	// Position in their context and keep their raw value; it never fails to
	// decode (M9). The caller closes it; Close returns after the offsets of
	// acknowledged messages are committed.
	Subscriber(group string, o SubscriberOptions) (message.Subscriber, error)

	// CreateTopics makes the topics that are missing and leaves the others
	// alone. It says which existing ones have fewer partitions than asked for.
	CreateTopics(ctx context.Context, topics []Topic) error

	// Lag is the number of messages of topic that group has not committed.
	Lag(ctx context.Context, group, topic string) (int64, error)

	// Close flushes and closes everything, subscribers included.
	Close() error
}

// Joiner is a subscriber that can tell when it has its partitions. Subscribe
// may return before; a message published in between counts as Backlog.
type Joiner interface {
	// Joined is closed once the first assignment, which may be empty, is there.
	Joined() <-chan struct{}
}

// SubscriberOptions tune one consumer group member.
type SubscriberOptions struct {
	// CommitEach commits every acknowledged offset at once instead of within
	// a short interval: slower, and after a crash at most one message of a
	// partition comes again.
	CommitEach bool
}

// Topic is a topic to create.
type Topic struct {
	Name       string
	Partitions int32
	// Config holds broker settings such as "retention.ms".
	Config map[string]string
}

// Position is where a message lay and what is known of its past.
type Position struct {
	Topic     string
	Partition int32
	Offset    int64
	// Key is the raw partition key, which may be empty.
	Key []byte
	// Time is the record's timestamp.
	Time time.Time
	// Backlog says that the record lay on the broker before this member was
	// assigned the partition: another member may have handled it without
	// being able to say so. SinceAssigned counts the records delivered since
	// then, from 0.
	Backlog       bool
	SinceAssigned int64
}

type positionKey struct{}

// WithPosition returns ctx carrying p.
func WithPosition(ctx context.Context, p Position) context.Context {
	return context.WithValue(ctx, positionKey{}, p)
}

// PositionOf returns the position of the message whose context ctx is.
func PositionOf(ctx context.Context) (Position, bool) {
	p, ok := ctx.Value(positionKey{}).(Position)
	return p, ok
}

// ErrTooLarge: the broker, or the client on its behalf, refuses a record
// because of its size. Publish wraps it as Permanent.
var ErrTooLarge = errors.New("record is too large for the broker")

// KeyHeader is the metadata entry that holds the partition key of a message
// to be published. It does not go over the wire as a header.
const KeyHeader = "longshore-partition-key"
