package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/ThreeDotsLabs/watermill/message"
	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/bus"
)

// subscription says what a consumer group of this process reads and what is
// done with it.
type subscription struct {
	name, group, topic string
	options            bus.SubscriberOptions
	handle             func(lifetime, *message.Message) error
}

// subscriptions are one for each stage that runs here and one for each of its
// delay topics.
func (e *Engine) subscriptions() []subscription {
	var all []subscription
	names := e.o.Names
	for _, w := range e.workers {
		name := w.name()
		all = append(all, subscription{
			name: name, group: names.Group(name), topic: names.Topic(w.node.In),
			options: bus.SubscriberOptions{CommitEach: w.node.Stage.Effects},
			handle:  w.deliver,
		})
		for _, t := range tiers() {
			all = append(all, subscription{
				name: name + "." + t.name, group: laterGroup(names, name, t), topic: names.Later(name, t.name),
				handle: newForwarder(w, t).forward,
			})
		}
	}
	return all
}

// consumer is a member of a consumer group at work.
type consumer struct {
	subscription
	feed *feed
}

// consumers makes the members that this process needs. On an error those made
// so far are returned, too, so that they can be closed.
func (e *Engine) consumers(lost func(error)) ([]consumer, error) {
	var all []consumer
	for _, s := range e.subscriptions() {
		sub, err := e.o.Bus.Subscriber(s.group, s.options)
		if err != nil {
			return all, fmt.Errorf("joining consumer group %s: %w", s.group, err)
		}
		all = append(all, consumer{s, newFeed(sub, s.topic, lost)})
	}
	return all, nil
}

// subscribeAll subscribes all at the same time, since joining a group takes a
// while.
func subscribeAll(ctx context.Context, all []consumer) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, c := range all {
		g.Go(func() error { return c.feed.open(ctx) })
	}
	return g.Wait()
}

func closeAll(all []consumer) error {
	errs := make([]error, len(all))
	var g errgroup.Group
	for i, c := range all {
		g.Go(func() error { errs[i] = c.feed.Close(); return nil })
	}
	_ = g.Wait()
	return errors.Join(errs...)
}
