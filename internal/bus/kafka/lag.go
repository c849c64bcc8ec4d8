package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/IBM/sarama"
)

// Lag implements bus.Bus. It counts offsets, so records that were deleted or
// compacted away in between count as well.
func (b *Bus) Lag(ctx context.Context, group, topic string) (int64, error) {
	if ctx.Err() != nil {
		return 0, fmt.Errorf("measuring the lag of %s: %w", group, context.Cause(ctx))
	}
	parts, err := b.progress(group, topic)
	if err != nil {
		return 0, b.options.explain(fmt.Sprintf("measuring the lag of %s on %s", group, topic), err)
	}
	var lag int64
	for _, p := range parts {
		// A group that has committed nothing yet, or whose next record is
		// gone, starts from the oldest record.
		lag += max(p.newest-max(p.committed, p.oldest), 0)
	}
	return lag, nil
}

// progress of a group on a partition. committed is the next offset that the
// group reads, -1 if it has committed none.
type progress struct{ oldest, committed, newest int64 }

func (b *Bus) progress(group, topic string) (map[int32]progress, error) {
	ids, err := b.client.Partitions(topic)
	if err != nil {
		return nil, err
	}
	committed, err := b.committed(group, topic, ids)
	if err != nil {
		return nil, err
	}
	// Committed first, newest last: the other way round a busy group could
	// seem to be ahead of the topic.
	oldest, err := b.offsets(topic, ids, sarama.OffsetOldest)
	if err != nil {
		return nil, err
	}
	newest, err := b.offsets(topic, ids, sarama.OffsetNewest)
	if err != nil {
		return nil, err
	}
	parts := make(map[int32]progress, len(ids))
	for _, id := range ids {
		parts[id] = progress{oldest: oldest[id], committed: committed[id], newest: newest[id]}
	}
	return parts, nil
}

func (b *Bus) committed(group, topic string, ids []int32) (map[int32]int64, error) {
	offsets := make(map[int32]int64, len(ids))
	for _, id := range ids {
		offsets[id] = -1
	}
	answer, err := b.admin.ListConsumerGroupOffsets(group, map[string][]int32{topic: ids})
	if err == nil && !errors.Is(answer.Err, sarama.ErrNoError) {
		err = answer.Err
	}
	if errors.Is(err, sarama.ErrGroupIDNotFound) {
		return offsets, nil // nobody has joined it yet
	}
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		block := answer.GetBlock(topic, id)
		if block == nil {
			continue
		}
		if !errors.Is(block.Err, sarama.ErrNoError) {
			return nil, block.Err
		}
		offsets[id] = block.Offset
	}
	return offsets, nil
}

func (b *Bus) offsets(topic string, ids []int32, at int64) (map[int32]int64, error) {
	ask := make(map[int32]int64, len(ids))
	for _, id := range ids {
		ask[id] = at
	}
	answer, err := b.admin.ListOffsets(map[string]map[int32]int64{topic: ask}, &sarama.ListOffsetsOptions{})
	if err != nil {
		return nil, err
	}
	offsets := make(map[int32]int64, len(ids))
	for id, r := range answer[topic] {
		if r.Err != nil && !errors.Is(r.Err, sarama.ErrNoError) {
			return nil, r.Err
		}
		offsets[id] = r.Offset
	}
	if len(offsets) != len(ids) {
		return nil, sarama.ErrIncompleteResponse
	}
	return offsets, nil
}
