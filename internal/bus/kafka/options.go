package kafka

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/IBM/sarama"
)

// Dialer makes connections to brokers. net.Dialer is one.
type Dialer interface {
	Dial(network, address string) (net.Conn, error)
}

// Options describe the connection. Brokers must be given.
type Options struct {
	// Brokers are host:port addresses to start from.
	Brokers []string
	// ClientID shows up in the broker's logs and quotas; empty means
	// "longshore".
	ClientID string
	// Dialer replaces TCP; nil means TCP.
	Dialer Dialer
	// Logger is for people who must act; nil discards.
	Logger *slog.Logger
	// CommitInterval is how long an acknowledged offset may wait to be
	// committed; 0 means 500 ms. What was acknowledged since comes again after
	// a crash.
	CommitInterval time.Duration
	// RebalanceTimeout must exceed the longest handler: a rebalance waits for
	// the handlers of the partitions that move. 0 means an hour.
	RebalanceTimeout time.Duration
	// SessionTimeout is how long the group waits for a member that gives no
	// sign of life; 0 means 15 s. Handlers may take longer: heartbeats go on
	// beside them.
	SessionTimeout time.Duration
	// FetchBytes is what a member asks for from a partition at a time, and so
	// about what each partition costs in memory; 0 means 256 KiB. A larger
	// record still comes through.
	FetchBytes int32
	// PublishRetries bounds how often the producer tries again before Publish
	// returns the error; 0 means 8, which is about 6 s.
	PublishRetries int
}

const (
	defaultClientID         = "longshore"
	defaultCommitInterval   = 500 * time.Millisecond
	defaultRebalanceTimeout = time.Hour
	defaultSessionTimeout   = 15 * time.Second
	defaultFetchBytes       = 256 << 10
	defaultPublishRetries   = 8

	// maxRecordBytes is what a record may weigh, key and headers included. It
	// is twice what an envelope may, so that a dead letter, which is its
	// origin plus headers, always fits.
	maxRecordBytes = 2 << 20
	// maxBackoff is the longest pause between two tries to publish.
	maxBackoff = time.Second
)

func (o Options) withDefaults() (Options, error) {
	if len(o.Brokers) == 0 {
		return o, errors.New("connecting to Kafka: no broker is given: set --brokers to host:port, comma-separated")
	}
	o.ClientID = or(o.ClientID, defaultClientID)
	o.CommitInterval = or(o.CommitInterval, defaultCommitInterval)
	o.RebalanceTimeout = or(o.RebalanceTimeout, defaultRebalanceTimeout)
	o.SessionTimeout = or(o.SessionTimeout, defaultSessionTimeout)
	o.FetchBytes = or(o.FetchBytes, defaultFetchBytes)
	o.PublishRetries = or(o.PublishRetries, defaultPublishRetries)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := errors.Join(
		o.config().Validate(), o.producerConfig().Validate(), o.consumerConfig(true).Validate(),
	); err != nil {
		return o, fmt.Errorf("configuring the Kafka client: %w", err)
	}
	return o, nil
}

func or[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

func (o Options) config() *sarama.Config {
	c := sarama.NewConfig()
	// High enough for cooperative rebalances and for brokers that dropped the
	// old protocols (KIP-896).
	c.Version = sarama.V3_6_0_0
	c.ClientID = o.ClientID
	c.Metadata.AllowAutoTopicCreation = false
	if o.Dialer != nil {
		c.Net.Proxy.Enable = true
		c.Net.Proxy.Dialer = o.Dialer
	}
	return c
}

func (o Options) producerConfig() *sarama.Config {
	c := o.config()
	c.Producer.RequiredAcks = sarama.WaitForAll
	c.Producer.Return.Successes = true
	// An idempotent producer allows one request in flight to a broker. What
	// arrives meanwhile goes out as one batch, without waiting for it.
	c.Producer.Idempotent = true
	c.Net.MaxOpenRequests = 1
	c.Producer.MaxMessageBytes = maxRecordBytes
	c.Producer.Retry.Max = o.PublishRetries
	c.Producer.Retry.BackoffFunc = func(retries, _ int) time.Duration {
		return min(100*time.Millisecond<<min(retries, 10), maxBackoff)
	}
	return c
}

func (o Options) consumerConfig(commitEach bool) *sarama.Config {
	c := o.config()
	c.ChannelBufferSize = 0
	c.Consumer.Return.Errors = true
	c.Consumer.Offsets.Initial = sarama.OffsetOldest
	c.Consumer.Offsets.AutoCommit.Enable = !commitEach
	c.Consumer.Offsets.AutoCommit.Interval = o.CommitInterval
	c.Consumer.Fetch.Default = o.FetchBytes
	// Leaving a group waits for the fetch under way.
	c.Consumer.MaxWaitTime = 250 * time.Millisecond
	c.Consumer.Group.Session.Timeout = o.SessionTimeout
	c.Consumer.Group.Heartbeat.Interval = o.SessionTimeout / 5
	c.Consumer.Group.Rebalance.Timeout = o.RebalanceTimeout
	// The strategy remembers what its member owns: one for each member.
	c.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{sarama.NewBalanceStrategyCooperativeSticky()}
	return c
}
