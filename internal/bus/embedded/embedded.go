// Package embedded is package bus without a cluster: a Kafka-protocol broker
// in this process (franz-go's kfake with a data directory) behind the same
// client code as a real cluster. There is one transport; only the dialer
// differs.
//
// Records and committed offsets survive the death of the process at any
// instant (I6). The death of the machine can take the newest ones unless
// SyncWrites is set; reconciling the ledger with a new listing heals that.
//
// One process at a time may use a directory.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/internal/bus/kafka"
)

// Options describe the broker. Dir must be given.
type Options struct {
	// Dir holds the broker's log; it is created if need be.
	Dir string
	// SyncWrites makes every record durable on the medium before Publish
	// returns: about 700 records a second instead of 10,000.
	SyncWrites bool
	// Trim names topics whose records are of no use once all of the given
	// consumer groups have committed them, and which are then deleted. Topics that
	// are not named keep everything: the audit topic and the failed topic
	// belong to them.
	Trim map[string][]string
	// TrimInterval is the shortest time that a handled record is kept; it is
	// gone after twice as long. 0 means 30 s.
	TrimInterval time.Duration
	// Logger is for people who must act; nil discards.
	Logger *slog.Logger
}

const defaultTrimInterval = 30 * time.Second

// Bus is a broker and a connection to it.
type Bus struct {
	*kafka.Bus
	broker  *broker
	trimmer *trimmer
}

var _ bus.Bus = (*Bus)(nil)

// Open starts the broker, reads back what the directory holds, and connects.
func Open(ctx context.Context, o Options) (*Bus, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.TrimInterval <= 0 {
		o.TrimInterval = defaultTrimInterval
	}
	b, err := startBroker(o)
	if err != nil {
		return nil, fmt.Errorf("starting the embedded broker in %s: %w", o.Dir, err)
	}
	client, err := kafka.Open(ctx, kafka.Options{
		Brokers:    []string{address},
		Dialer:     b.listener,
		Logger:     o.Logger,
		FetchBytes: fetchBytes,
	})
	if err != nil {
		b.close()
		return nil, err
	}
	return &Bus{Bus: client, broker: b, trimmer: startTrimmer(client, o)}, nil
}

// fetchBytes keeps what lies between broker and stages small: both ends of
// the connection are in this process.
const fetchBytes = 64 << 10

// Close closes the connection, then the broker.
func (b *Bus) Close() error {
	b.trimmer.close()
	err := b.Bus.Close()
	b.broker.close()
	return err
}

type broker struct {
	cluster  *kfake.Cluster
	listener *listener
	lock     *lock
	log      *brokerLog
	dir      string
}

func startBroker(o Options) (*broker, error) {
	if o.Dir == "" {
		return nil, errors.New("a directory is required")
	}
	held, err := lockDir(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := checkpoint(o.Dir, o.Logger); err != nil {
		held.release()
		return nil, fmt.Errorf("reading the log: %w", err)
	}
	l, log := newListener(), &brokerLog{log: o.Logger}
	cluster, err := kfake.NewCluster(o.settings(l, log)...)
	if err != nil {
		held.release()
		return nil, err
	}
	return &broker{cluster: cluster, listener: l, lock: held, log: log, dir: o.Dir}, nil
}

func (b *broker) close() {
	b.cluster.Close()
	b.lock.release()
}

// settings of the broker. Nothing is ever deleted by age, and groups keep
// their offsets however long a migration pauses.
func (o Options) settings(l net.Listener, log kfake.Logger) []kfake.Opt {
	opts := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.ClusterID("longshore-embedded"),
		kfake.DataDir(o.Dir),
		kfake.WithLogger(log),
		kfake.ListenFn(func(string, string) (net.Listener, error) { return l, nil }),
		kfake.BrokerConfigs(map[string]string{
			"log.retention.ms":          "-1",
			"log.retention.bytes":       "-1",
			"log.segment.bytes":         segmentBytes,
			"offsets.retention.minutes": "2147483647",
			"state.log.compact.bytes":   stateBytes,
			"message.max.bytes":         "4194304",
		}),
	}
	if o.SyncWrites {
		opts = append(opts, kfake.SyncWrites())
	}
	return opts
}

const (
	// segmentBytes: the broker reads a segment as a whole when it starts and
	// deletes it as a whole when it is trimmed, so small ones keep memory and
	// disk small.
	segmentBytes = "524288"
	// stateBytes is the size at which the log of committed offsets is
	// rewritten without what is outdated.
	stateBytes = "1048576"
)
