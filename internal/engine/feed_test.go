package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
)

func TestAFeedEndsWithTheRouterAlsoWhereNobodyClosesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBroker().connect()
		if err := s.CreateTopics(t.Context(), []bus.Topic{{Name: "in", Partitions: 1}}); err != nil {
			t.Fatal(err)
		}
		sub, err := s.Subscriber("g", bus.SubscriberOptions{})
		if err != nil {
			t.Fatal(err)
		}
		f := newFeed(sub, "in", func(err error) { t.Errorf("lost: %v", err) })
		if err := f.open(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		out, err := f.Subscribe(ctx, "in")
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		select {
		case _, open := <-out:
			if open {
				t.Error("a message came out of nothing")
			}
		case <-time.After(time.Second):
			t.Error("the feed goes on after the router")
			_ = f.Close()
		}
	})
}

func TestAFeedThatWasStoppedHandsNothingOnAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBroker().connect()
		if err := s.CreateTopics(t.Context(), []bus.Topic{{Name: "in", Partitions: 1}}); err != nil {
			t.Fatal(err)
		}
		sub, err := s.Subscriber("g", bus.SubscriberOptions{})
		if err != nil {
			t.Fatal(err)
		}
		f := newFeed(sub, "in", func(err error) { t.Errorf("lost: %v", err) })
		if err := f.open(t.Context()); err != nil {
			t.Fatal(err)
		}
		out, err := f.Subscribe(t.Context(), "in")
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := s.Publish("in", message.NewMessage("", nil)); err != nil {
				t.Fatal(err)
			}
		}
		first := <-out
		f.stopFeeding()
		first.Ack()
		f.inFlight.Wait()
		synctest.Wait()
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if _, open := <-out; open {
			t.Error("a message was handed on after the stop")
		}
		if lag, err := s.Lag(t.Context(), "g", "in"); lag != 2 || err != nil {
			t.Errorf("lag %d, %v; want the two that were not handed on", lag, err)
		}
	})
}
