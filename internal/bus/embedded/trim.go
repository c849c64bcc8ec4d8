package embedded

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/longshore/longshore/internal/bus/kafka"
)

// trimmer deletes records that have been handled, so that neither the disk nor
// the broker's index in memory (72 bytes a batch) grows with the migration.
//
// It deletes what was committed a pass ago. By then the system has written out
// what handling those records produced: a power cut between the two must not
// take both a record and its successors.
type trimmer struct {
	bus      *kafka.Bus
	topics   map[string][]string
	log      *slog.Logger
	previous map[string]map[int32]int64

	stop    context.CancelFunc
	stopped sync.WaitGroup
}

func startTrimmer(b *kafka.Bus, o Options) *trimmer {
	ctx, stop := context.WithCancel(context.Background())
	t := &trimmer{bus: b, topics: o.Trim, log: o.Logger, previous: map[string]map[int32]int64{}, stop: stop}
	if len(o.Trim) == 0 {
		return t
	}
	t.stopped.Go(func() {
		tick := time.NewTicker(o.TrimInterval)
		defer tick.Stop()
		for {
			t.pass(ctx)
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	return t
}

func (t *trimmer) pass(ctx context.Context) {
	for topic, groups := range t.topics {
		committed, err := t.bus.Committed(ctx, topic, groups...)
		if err == nil {
			err = t.bus.Trim(ctx, topic, t.previous[topic])
			t.previous[topic] = committed
		}
		if err != nil && ctx.Err() == nil {
			t.log.Warn("records that have been handled could not be deleted; the state directory grows", "topic", topic, "error", err)
		}
	}
}

func (t *trimmer) close() {
	t.stop()
	t.stopped.Wait()
}
