package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/ThreeDotsLabs/watermill/message"
	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/bus"
)

// consumer is a member of a consumer group and what it does with a message.
type consumer struct {
	name   string
	feed   *feed
	handle message.NoPublishHandlerFunc
}

// consumers makes the members that this process needs: one for each stage and
// one for each of its delay topics. On an error those made so far are
// returned, too, so that they can be closed.
func (e *Engine) consumers(life lifetime, lost func(error)) ([]consumer, error) {
	var all []consumer
	add := func(name, group, topic string, o bus.SubscriberOptions, handle func(lifetime, *message.Message) error) error {
		sub, err := e.o.Bus.Subscriber(group, o)
		if err != nil {
			return fmt.Errorf("joining consumer group %s: %w", group, err)
		}
		all = append(all, consumer{name, newFeed(sub, topic, lost), func(m *message.Message) error { return handle(life, m) }})
		return nil
	}
	names := e.o.Names
	for _, w := range e.workers {
		name := w.name()
		o := bus.SubscriberOptions{CommitEach: w.node.Stage.Effects}
		if err := add(name, names.Group(name), names.Topic(w.node.In), o, w.deliver); err != nil {
			return all, err
		}
		for _, t := range tiers() {
			f := newForwarder(w, t)
			if err := add(name+"."+t.name, laterGroup(names, name, t), names.Later(name, t.name), bus.SubscriberOptions{}, f.forward); err != nil {
				return all, err
			}
		}
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
