package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/IBM/sarama"
)

// Committed is, for each partition of topic, the offset below which every one
// of groups has committed everything: the records that no group reads again.
// It never goes past the newest record, so that a partition which is trimmed
// up to it keeps one and with it its place in the sequence of offsets.
// Partitions where that is no record at all are left out.
func (b *Bus) Committed(ctx context.Context, topic string, groups ...string) (map[int32]int64, error) {
	done := map[int32]int64{}
	for i, group := range groups {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("reading what %s has committed: %w", group, context.Cause(ctx))
		}
		parts, err := b.progress(group, topic)
		if errors.Is(err, sarama.ErrUnknownTopicOrPartition) {
			return nil, nil // not created yet
		}
		if err != nil {
			return nil, b.options.explain(fmt.Sprintf("reading what %s has committed on %s", group, topic), err)
		}
		for id, p := range parts {
			upTo := min(p.committed, p.newest-1)
			if before, ok := done[id]; i > 0 && (!ok || before < upTo) {
				continue
			}
			done[id] = upTo
			if upTo <= p.oldest {
				delete(done, id)
			}
		}
	}
	return done, nil
}

// Trim deletes the records of topic below the given offsets.
func (b *Bus) Trim(ctx context.Context, topic string, below map[int32]int64) error {
	if len(below) == 0 {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("trimming topic %s: %w", topic, context.Cause(ctx))
	}
	if err := b.admin.DeleteRecords(topic, below); err != nil {
		return b.options.explain("trimming topic "+topic, err)
	}
	return nil
}
