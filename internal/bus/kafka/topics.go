package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"github.com/IBM/sarama"

	"github.com/longshore/longshore/internal/bus"
)

// CreateTopics implements bus.Bus. Topics get "max.message.bytes" of 2 MiB
// unless their configuration says otherwise, so that a dead letter, which is
// its origin plus headers, always fits.
func (b *Bus) CreateTopics(ctx context.Context, topics []bus.Topic) error {
	var errs []error
	for _, t := range topics {
		if ctx.Err() != nil {
			return fmt.Errorf("creating topics: %w", context.Cause(ctx))
		}
		errs = append(errs, b.createTopic(t))
	}
	return errors.Join(errs...)
}

func (b *Bus) createTopic(t bus.Topic) error {
	config := map[string]*string{"max.message.bytes": new(strconv.Itoa(maxRecordBytes))}
	for k, v := range maps.All(t.Config) {
		config[k] = &v
	}
	err := b.admin.CreateTopic(t.Name, &sarama.TopicDetail{
		NumPartitions:     t.Partitions,
		ReplicationFactor: -1, // the broker's default
		ConfigEntries:     config,
	}, false)
	if err != nil && !errors.Is(err, sarama.ErrTopicAlreadyExists) {
		return b.options.explain("creating topic "+t.Name, err)
	}
	if err == nil {
		return nil
	}
	there, err := b.admin.DescribeTopics([]string{t.Name})
	if err != nil {
		return b.options.explain("describing topic "+t.Name, err)
	}
	if n := len(there[0].Partitions); n < int(t.Partitions) {
		return fmt.Errorf("topic %s has %d partitions, but %d are wanted: add them, or ask for %d",
			t.Name, n, t.Partitions, n)
	}
	return nil
}
