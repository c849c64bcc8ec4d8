package kafka_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/internal/bus/bustest"
	"github.com/longshore/longshore/internal/bus/kafka"
)

// Several brokers over TCP, so that leaders differ; the embedded bus runs the
// same suite, and watermill's, on one broker in memory.
func TestBus(t *testing.T) {
	bustest.Run(t, func(t *testing.T) bus.Bus {
		return open(t, kafka.Options{Brokers: cluster(t).ListenAddrs()})
	})
}

func cluster(t *testing.T, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{
		kfake.NumBrokers(3), kfake.BrokerConfigs(map[string]string{"message.max.bytes": "4194304"}),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func open(t *testing.T, o kafka.Options) *kafka.Bus {
	t.Helper()
	b, err := kafka.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("closing the bus: %v", err)
		}
	})
	return b
}
