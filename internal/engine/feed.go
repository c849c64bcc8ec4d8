package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
)

// feed is a subscription that can stop feeding its handler while it stays
// subscribed, so that what is in flight can still be acknowledged (M6).
// watermill's Router on its own gives the subscription up first: it cancels
// the work in flight (M2), and what is finished all the same is delivered
// again (M5).
type feed struct {
	sub   message.Subscriber
	topic string
	// lost hears that the subscription ended by itself.
	lost func(error)

	in       <-chan *message.Message
	pumping  sync.WaitGroup
	inFlight sync.WaitGroup
	stop     chan struct{}
	stopOnce sync.Once
	held     chan struct{} // closed when nothing more is handed on

	closeOnce sync.Once
	closeErr  error
}

func newFeed(sub message.Subscriber, topic string, lost func(error)) *feed {
	return &feed{sub: sub, topic: topic, lost: lost, stop: make(chan struct{}), held: make(chan struct{})}
}

// open subscribes; it gives up when ctx ends. The subscription outlives ctx,
// Close ends it.
func (f *feed) open(ctx context.Context) error {
	closeOnEnd := context.AfterFunc(ctx, func() { _ = f.sub.Close() })
	defer closeOnEnd()
	in, err := f.sub.Subscribe(context.WithoutCancel(ctx), f.topic)
	if err != nil {
		return fmt.Errorf("subscribing to %s: %w", f.topic, err)
	}
	f.in = in
	f.join(ctx)
	return nil
}

// join waits until the partitions are assigned, so that what is published
// afterwards is known to be new. A rebalance may wait for other members'
// handlers; not waiting for it costs no more than some messages in doubt.
func (f *feed) join(ctx context.Context) {
	j, ok := f.sub.(bus.Joiner)
	if !ok {
		return
	}
	timer := time.NewTimer(joinTimeout)
	defer timer.Stop()
	select {
	case <-j.Joined():
	case <-timer.C:
	case <-ctx.Done():
	}
}

const joinTimeout = 15 * time.Second

// Subscribe implements message.Subscriber for the Router: it hands on what
// open subscribed to. ctx ends when the Router closes. The Router then closes
// its subscribers, too, but not always: where it sees the context's end first,
// it counts on the subscription to have seen it as well.
func (f *feed) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	if f.in == nil || topic != f.topic {
		return nil, fmt.Errorf("feed of %s is not open for %s", f.topic, topic)
	}
	context.AfterFunc(ctx, func() { _ = f.Close() })
	out := make(chan *message.Message)
	f.pumping.Go(func() { f.pump(out) })
	return out, nil
}

func (f *feed) pump(out chan<- *message.Message) {
	defer close(out)
	for f.next(out) {
	}
	close(f.held)
	select {
	case <-f.stop:
		// Whatever still arrives is neither handed on nor acknowledged: it
		// stays on the broker. The channel is read so that the subscription
		// can end.
		for range f.in {
		}
	default:
		f.lost(fmt.Errorf("the subscription to %s ended", f.topic))
	}
}

// next hands one message on; it answers false when there will be no other.
func (f *feed) next(out chan<- *message.Message) bool {
	select {
	case <-f.stop:
		return false
	default:
	}
	select {
	case <-f.stop:
		return false
	case m, ok := <-f.in:
		if !ok {
			return false
		}
		f.inFlight.Go(func() {
			select {
			case <-m.Acked():
			case <-m.Nacked():
			}
		})
		out <- m
		return true
	}
}

// stopFeeding returns when no further message will be handed on. The Router
// must have subscribed.
func (f *feed) stopFeeding() {
	f.stopOnce.Do(func() { close(f.stop) })
	<-f.held
}

// Close ends the subscription; offsets of what was acknowledged are committed
// when it returns.
func (f *feed) Close() error {
	f.closeOnce.Do(func() {
		f.stopOnce.Do(func() { close(f.stop) })
		f.closeErr = f.sub.Close()
		f.pumping.Wait()
	})
	return f.closeErr
}
