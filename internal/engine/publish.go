package engine

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/internal/wire"
)

// publishers is how many publishes of one delivery are under way at once. A
// publish waits for the broker, so that a page of a listing would take
// seconds one by one.
const publishers = 256

// publisher publishes what follows from a delivery, and does not give up.
type publisher struct {
	to     message.Publisher
	policy Policy
	log    *slog.Logger
	failed prometheus.Counter
}

// publish returns nil when the broker has confirmed every record (I1). A
// publish that fails is repeated until it works or ctx ends; only a record that
// is too large for the broker is an error. Records with the same topic and key
// keep their order.
func (p publisher) publish(ctx context.Context, from wire.Origin, records []record) error {
	if len(records) == 1 {
		return p.confirm(ctx, from, records[0])
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(publishers)
	for _, lane := range lanes(records) {
		g.Go(func() error {
			for _, r := range lane {
				if err := p.confirm(ctx, from, r); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

func (p publisher) confirm(ctx context.Context, from wire.Origin, r record) error {
	for n := 0; ; n++ {
		m, err := r.ready, error(nil)
		if m == nil {
			m, err = r.message(from)
		}
		if err != nil {
			return err
		}
		if err = p.to.Publish(r.topic, m); err == nil {
			return nil
		}
		p.failed.Inc()
		if errors.Is(err, bus.ErrTooLarge) {
			return err // it will not shrink
		}
		wait := jittered(doubled(n, p.policy.Republish, p.policy.RepublishMax))
		p.log.Warn("the broker did not confirm a record, it is published again",
			"topic", r.topic, "error", err, "in", wait.Round(time.Millisecond))
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		// The broker may have it all the same, then it is there twice.
		r = r.inDoubt()
		r.ready = nil
	}
}

// lanes groups records that must keep their order.
func lanes(records []record) map[lane][]record {
	m := make(map[lane][]record, len(records))
	for _, r := range records {
		k := lane{r.topic, r.key()}
		m[k] = append(m[k], r)
	}
	return m
}

type lane struct{ topic, key string }
