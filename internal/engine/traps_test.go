package engine

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/stages/stage"
)

// Each test is named after the fact or hazard it guards against, see
// kafka-conventions. Where the stock parts are used, it is to show that the
// trap is still there.

// stock runs one handler on watermill's router as it comes.
func stock(t *testing.T, s *session, topic string, h message.NoPublishHandlerFunc, m ...message.HandlerMiddleware) *message.Router {
	t.Helper()
	if err := s.CreateTopics(t.Context(), []bus.Topic{{Name: topic, Partitions: 1}, {Name: "poisoned", Partitions: 1}}); err != nil {
		t.Fatal(err)
	}
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: time.Minute}, watermill.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	sub, err := s.Subscriber("stock", bus.SubscriberOptions{})
	if err != nil {
		t.Fatal(err)
	}
	router.AddMiddleware(m...)
	router.AddConsumerHandler("stock", topic, sub, h)
	go func() { _ = router.Run(context.Background()) }()
	<-router.Running()
	return router
}

func TestM2ClosingTheRouterCancelsWorkAtOnceButADrainDoesNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBroker().connect()
		began := make(chan time.Time, 1)
		cancelled := make(chan time.Time, 1)
		router := stock(t, s, "in", func(m *message.Message) error {
			began <- time.Now()
			<-m.Context().Done()
			cancelled <- time.Now()
			return m.Context().Err()
		})
		if err := s.Publish("in", message.NewMessage("", nil)); err != nil {
			t.Fatal(err)
		}
		<-began
		closing := time.Now()
		_ = router.Close()
		if took := (<-cancelled).Sub(closing); took != 0 {
			t.Errorf("the stock router now waits %s before it cancels: the drain may be simpler", took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.page = 1
		began := make(chan struct{})
		w.does("send", func(ctx context.Context, _ stage.Envelope) error {
			close(began)
			select {
			case <-time.After(20 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		s := newBroker().connect()
		r := start(t, options(t, w, s))
		r.list(t)
		<-began
		at := time.Now()
		if err := r.end(); err != nil {
			t.Error(err)
		}
		if took := time.Since(at); took < 19*time.Second {
			t.Errorf("the drain took %s, less than the work in flight", took)
		}
		if n := len(w.calls("send")); n != 1 {
			t.Errorf("%d messages got through send, want 1", n)
		}
		if lag, err := s.Lag(t.Context(), toyNames.Group("send"), toyNames.Topic("fetched")); lag != 0 || err != nil {
			t.Errorf("lag %d, %v: the work was done and not acknowledged", lag, err)
		}
	})
}

// closeCounter is a bus that sees whether somebody closes its publisher.
type closeCounter struct {
	*session
	closed atomic.Int32
}

func (c *closeCounter) Publisher() message.Publisher { return c }
func (c *closeCounter) Close() error                 { c.closed.Add(1); return nil }

func TestM3ThePublisherStaysOpenWhileHandlersRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		c := &closeCounter{session: newBroker().connect()}
		r := start(t, options(t, w, c))
		r.list(t)
		settle(t, w, c)
		if err := r.end(); err != nil {
			t.Error(err)
		}
		if n := c.closed.Load(); n != 0 {
			t.Errorf("the shared publisher was closed %d times", n)
		}
	})
}

func TestM4WorkThatAShutdownCancelsIsNoVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker()
		s := b.connect()
		poison, err := middleware.PoisonQueue(s, "poisoned")
		if err != nil {
			t.Fatal(err)
		}
		began := make(chan struct{}, 1)
		router := stock(t, s, "in", func(m *message.Message) error {
			began <- struct{}{}
			<-m.Context().Done()
			return m.Context().Err()
		}, poison)
		if err := s.Publish("in", message.NewMessage("", nil)); err != nil {
			t.Fatal(err)
		}
		<-began
		_ = router.Close()
		if n := len(b.records("poisoned")); n != 1 {
			t.Errorf("the stock PoisonQueue kept %d cancelled messages, it used to keep 1", n)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		hang := func(ctx context.Context, _ stage.Envelope) error {
			<-ctx.Done()
			return ctx.Err()
		}
		w.does("send", hang)
		b := newBroker()
		s := b.connect()
		r := start(t, options(t, w, s))
		r.list(t)
		time.Sleep(time.Second)
		if err := r.end(); err == nil {
			t.Error("Run returned nil although work in flight was cancelled")
		}
		if n := len(b.records(toyNames.Failed())); n != 0 {
			t.Errorf("%d cancelled messages were dead-lettered", n)
		}
		w.does("send", nil)
		r = start(t, options(t, w, s))
		settle(t, w, s)
		if err := r.end(); err != nil {
			t.Error(err)
		}
		balanced(t, w, stage.Verified)
		for _, in := range w.calls("send") {
			if in.Attempt != 0 {
				t.Errorf("%s counts %d attempts after a shutdown", in.Artifact.Object.Key, in.Attempt)
			}
		}
	})
}

func TestM6AStopInMidFlowLosesNothingAndDoesNothingTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.page = 40
		w.does("send", func(ctx context.Context, _ stage.Envelope) error { return sleep(ctx, 400*time.Millisecond) })
		s := newBroker().connect()
		r := start(t, options(t, w, s))
		r.list(t)
		time.Sleep(1500 * time.Millisecond)
		if err := r.end(); err != nil {
			t.Error(err)
		}
		before := len(w.calls("send"))
		if before == 0 || before == 40 {
			t.Fatalf("stopped after %d of 40, not in mid-flow", before)
		}
		r = start(t, options(t, w, s))
		settle(t, w, s)
		if err := r.end(); err != nil {
			t.Error(err)
		}
		balanced(t, w, stage.Verified)
		for _, name := range []string{"fetch", "send", "check"} {
			if n := len(w.calls(name)); n != 40 {
				t.Errorf("%s handled %d messages, want 40", name, n)
			}
		}
	})
}

func TestM7NoMessageBlocksTheNext(t *testing.T) {
	for name, err := range map[string]error{
		"a retryable error": errFar,
		"a permanent error": stage.NotRetryable(errFar),
		"poison":            stage.Poisonf("what is this"),
		"not ready":         stage.Later(time.Hour),
		"a restart":         stage.Restart(errFar),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.page = 1
				s := newBroker().connect()
				o := options(t, w, s)
				w.does("fetch", func(_ context.Context, in stage.Envelope) error {
					if in.Artifact.Object.ETag == "bad" {
						return err
					}
					return nil
				})
				r := start(t, o)
				// Two versions of one object have the same key, and so lie in
				// the same partition, one after the other.
				first, second := toyObject(0), toyObject(0)
				first.ETag = "bad"
				for _, obj := range []*stage.Object{first, second} {
					rec := record{topic: toyNames.Topic("found"), env: stage.Envelope{
						Run: toyNames.Run, ID: obj.ID(), Artifact: stage.Artifact{Object: obj},
					}}
					if err := r.workers[0].out.publish(t.Context(), r.workers[0].from(), []record{rec}); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(time.Second)
				if n := len(w.calls("send")); n != 1 {
					t.Errorf("after 1 s %d messages behind the bad one got through, want 1", n)
				}
				if err := r.end(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestM9W1WhatCannotBeDecodedIsParkedUntouchedAndTheNextPasses(t *testing.T) {
	garbage := map[string]string{
		"no JSON":                  "\xff\x00{",
		"nothing":                  "",
		"another schema's fields":  `{"run":"toy","id":"x","artifact":{"surprise":1}}`,
		"no id":                    `{"run":"toy","artifact":{}}`,
		"an envelope without fact": `{"run":"toy","id":"x","artifact":{}}`,
	}
	for name, payload := range garbage {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				b := newBroker()
				s := b.connect()
				r := start(t, options(t, w, s))
				m := message.NewMessage("", []byte(payload))
				m.Metadata.Set(bus.KeyHeader, string(toyObject(3).ID()))
				if err := s.Publish(toyNames.Topic("found"), m); err != nil {
					t.Fatal(err)
				}
				r.list(t)
				settle(t, w, s)
				if err := r.end(); err != nil {
					t.Error(err)
				}
				dead := b.records(toyNames.Failed())
				if len(dead) != 1 || string(dead[0].payload) != payload || string(dead[0].key) != string(toyObject(3).ID()) {
					t.Errorf("the failed topic holds %+v, want the bytes and key as they came", dead)
				}
				if n := len(w.calls("check")); n != 10 {
					t.Errorf("%d messages passed behind it, want 10", n)
				}
				if n := w.outcomes("fetch")[stage.Parked]; n != 1 {
					t.Errorf("%d parked transitions, want 1", n)
				}
			})
		})
	}
}

func TestW1AMessageWithAStrangeKeyIsParkedToo(t *testing.T) {
	for name, key := range map[string]string{"no key": "", "a key that is no text": "\xff\xfe", "a long key": strings.Repeat("k", 5000)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				b := newBroker()
				s := b.connect()
				r := start(t, options(t, w, s))
				m := message.NewMessage("", []byte("{"))
				m.Metadata.Set(bus.KeyHeader, key)
				if err := s.Publish(toyNames.Topic("found"), m); err != nil {
					t.Fatal(err)
				}
				settle(t, w, s)
				if err := r.end(); err != nil {
					t.Error(err)
				}
				if dead := b.records(toyNames.Failed()); len(dead) != 1 || string(dead[0].key) != key {
					t.Errorf("the failed topic holds %+v, want the key as it came", dead)
				}
				if n := w.outcomes("fetch")[stage.Parked]; n != 1 {
					t.Errorf("%d parked transitions, want 1", n)
				}
			})
		})
	}
}

func TestARunThatLosesItsSubscriptionSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := newBroker().connect()
		l := &losing{session: s}
		r := start(t, options(t, w, l))
		time.Sleep(time.Second)
		_ = l.last.Close()
		if err := <-r.done; err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v", err)
		}
		r.stop()
		if r.Ready() == nil {
			t.Error("an engine that has ended says that it is ready")
		}
	})
}

// losing is a bus whose last subscription can be ended from outside.
type losing struct {
	*session
	last message.Subscriber
}

func (l *losing) Subscriber(group string, o bus.SubscriberOptions) (message.Subscriber, error) {
	s, err := l.session.Subscriber(group, o)
	l.last = s
	return s, err
}
