package kafka_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/internal/bus/kafka"
	"github.com/longshore/longshore/stages/stage"
)

func TestOpenNamesTheSettingWhenNoBrokerAnswers(t *testing.T) {
	t.Parallel()
	nobody := freeAddress(t)
	_, err := kafka.Open(t.Context(), kafka.Options{Brokers: []string{nobody}})
	if err == nil {
		t.Fatal("connected to nobody")
	}
	if !strings.Contains(err.Error(), nobody) || stage.ClassOf(err) != stage.Retryable || !strings.Contains(stage.FailureOf(err).Hint, "--brokers") {
		t.Errorf("the error is %s: %v (%s)", stage.ClassOf(err), err, stage.FailureOf(err).Hint)
	}
}

func TestOpenNeedsABroker(t *testing.T) {
	t.Parallel()
	if _, err := kafka.Open(t.Context(), kafka.Options{}); err == nil || !strings.Contains(err.Error(), "--brokers") {
		t.Errorf("the error is %v", err)
	}
}

func TestOpenGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	// A listener that nobody accepts from: connecting works, and nothing more.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := kafka.Open(ctx, kafka.Options{Brokers: []string{l.Addr().String()}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
}

func TestLostConnections(t *testing.T) {
	t.Parallel()
	const topic = "longshore.lost.found"
	dir, address := t.TempDir(), freeAddress(t)
	_, portText, _ := net.SplitHostPort(address)
	port, err := strconv.Atoi(portText)
	if err != nil {
		t.Fatal(err)
	}
	start := func() *kfake.Cluster {
		c, err := kfake.NewCluster(kfake.Ports(port), kfake.DataDir(dir))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	broker := start()
	b, err := kafka.Open(t.Context(), kafka.Options{Brokers: []string{address}, PublishRetries: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.CreateTopics(t.Context(), []bus.Topic{{Name: topic, Partitions: 1}}); err != nil {
		t.Fatal(err)
	}
	s, err := b.Subscriber("longshore.lost.fetch", bus.SubscriberOptions{})
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.Subscribe(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	publish := func(v string) error { return b.Publisher().Publish(topic, message.NewMessage(v, []byte(v))) }
	expect := func(want string) {
		t.Helper()
		for {
			select {
			case m := <-in:
				m.Ack()
				if string(m.Payload) == want {
					return
				}
			case <-time.After(30 * time.Second):
				t.Fatalf("%q did not come", want)
			}
		}
	}
	if err := publish("before"); err != nil {
		t.Fatal(err)
	}
	expect("before")

	broker.Close()
	began := time.Now()
	err = publish("without a broker")
	if err == nil {
		t.Fatal("a record was accepted by nobody")
	}
	if c := stage.ClassOf(err); c != stage.Retryable {
		t.Errorf("the class of %v is %s", err, c)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("giving up took %s", took)
	}

	broker = start()
	for deadline := time.Now().Add(30 * time.Second); ; {
		if err := publish("after"); err == nil {
			break
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	expect("after")
	if err := b.Close(); err != nil {
		t.Errorf("closing the bus: %v", err)
	}
	broker.Close()
}

func TestCloseWithoutABroker(t *testing.T) {
	t.Parallel()
	c := cluster(t, kfake.SeedTopics(2, "topic"))
	b, err := kafka.Open(t.Context(), kafka.Options{Brokers: c.ListenAddrs()})
	if err != nil {
		t.Fatal(err)
	}
	s, err := b.Subscriber("group", bus.SubscriberOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Subscribe(t.Context(), "topic"); err != nil {
		t.Fatal(err)
	}
	c.Close()
	closed := make(chan struct{})
	go func() { _ = b.Close(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(30 * time.Second):
		t.Fatal("closing hangs")
	}
	if _, err := b.Subscriber("group", bus.SubscriberOptions{}); err == nil {
		t.Error("a closed bus takes subscribers")
	}
	if err := b.Publisher().Publish("topic", message.NewMessage("", nil)); err == nil {
		t.Error("a closed bus publishes")
	}
	if err := b.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

// freeAddress is one where nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
