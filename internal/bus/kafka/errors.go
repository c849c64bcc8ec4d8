package kafka

import (
	"errors"
	"fmt"
	"strings"

	"github.com/IBM/sarama"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/stages/stage"
)

// explain says what was being done and, where a setting is to blame, which.
// Brokers that cannot be reached, leaders that moved and the like are left
// unclassified, which means retryable.
func (o Options) explain(doing string, err error) error {
	switch {
	case errors.Is(err, sarama.ErrMessageSizeTooLarge), isTooLargeForClient(err):
		// The bytes will not shrink, so trying again is of no use.
		return stage.NotRetryable(fmt.Errorf("%s: %w: %w", doing, bus.ErrTooLarge, err), stage.Code("record-too-large"),
			stage.Hint("raise max.message.bytes of the topic and message.max.bytes of the brokers"))
	case errors.Is(err, sarama.ErrTopicAuthorizationFailed), errors.Is(err, sarama.ErrGroupAuthorizationFailed),
		errors.Is(err, sarama.ErrClusterAuthorizationFailed), errors.Is(err, sarama.ErrSASLAuthenticationFailed):
		return stage.Halt(fmt.Errorf("%s: %w", doing, err), stage.Code("kafka-access-denied"),
			stage.Hint("grant the client %q the topics, groups and rights it needs", o.ClientID))
	case errors.Is(err, sarama.ErrOutOfBrokers):
		return stage.Retry(fmt.Errorf("%s: no broker of %s answers: %w", doing, strings.Join(o.Brokers, ","), err),
			stage.Code("kafka-unreachable"), stage.Hint("check --brokers and that the brokers are up"))
	case errors.Is(err, sarama.ErrUnknownTopicOrPartition):
		return stage.Retry(fmt.Errorf("%s: %w", doing, err),
			stage.Code("topic-missing"), stage.Hint("create the topics first; the broker does not create them by itself"))
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}

// isTooLargeForClient recognises the producer's own refusal, which it makes
// before the broker can.
func isTooLargeForClient(err error) bool {
	var config sarama.ConfigurationError
	return errors.As(err, &config) && strings.HasPrefix(string(config), "Attempt to produce message larger than")
}
