package kafka_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/internal/bus/kafka"
)

func TestTrim(t *testing.T) {
	t.Parallel()
	b := open(t, kafka.Options{Brokers: cluster(t).ListenAddrs()})
	const topic = "longshore.trim.found"
	if err := b.CreateTopics(t.Context(), []bus.Topic{{Name: topic, Partitions: 1}}); err != nil {
		t.Fatal(err)
	}
	publish := func(n int) {
		for i := range n {
			if err := b.Publisher().Publish(topic, message.NewMessage("", fmt.Append(nil, i))); err != nil {
				t.Fatal(err)
			}
		}
	}
	handle := func(group string, n int) {
		t.Helper()
		s, err := b.Subscriber(group, bus.SubscriberOptions{CommitEach: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		in, err := s.Subscribe(t.Context(), topic)
		if err != nil {
			t.Fatal(err)
		}
		for range n {
			select {
			case m := <-in:
				m.Ack()
			case <-time.After(30 * time.Second):
				t.Fatal("no message")
			}
		}
	}
	committed := func(want map[int32]int64, groups ...string) map[int32]int64 {
		t.Helper()
		got, err := b.Committed(t.Context(), topic, groups...)
		if err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(got, want) {
			t.Errorf("%v have committed %v, want %v", groups, got, want)
		}
		return got
	}
	publish(10)
	handle("fast", 10)
	handle("slow", 4)
	committed(map[int32]int64{0: 9}, "fast") // the newest record stays
	below := committed(map[int32]int64{0: 4}, "fast", "slow")
	committed(map[int32]int64{0: 4}, "slow", "fast")
	committed(map[int32]int64{}, "fast", "slow", "never was")
	if err := b.Trim(t.Context(), topic, below); err != nil {
		t.Fatal(err)
	}
	committed(map[int32]int64{}, "slow") // nothing more to delete
	for group, want := range map[string]int64{"fast": 0, "slow": 6, "never was": 6} {
		if got, err := b.Lag(t.Context(), group, topic); err != nil || got != want {
			t.Errorf("the lag of %s is %d, not %d (%v)", group, got, want, err)
		}
	}
	handle("slow", 6)
	handle("never was", 6)

	if got, err := b.Committed(t.Context(), "longshore.trim.missing", "fast"); err != nil || len(got) != 0 {
		t.Errorf("of a topic that does not exist: %v, %v", got, err)
	}
}
