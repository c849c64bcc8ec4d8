package engine

import (
	"context"
	"fmt"
)

// Lag is the number of messages in the topics of the stages that run here,
// delay topics included, that are not acknowledged yet.
func (e *Engine) Lag(ctx context.Context) (int64, error) {
	var sum int64
	for _, s := range e.subscriptions() {
		n, err := e.o.Bus.Lag(ctx, s.group, s.topic)
		if err != nil {
			return 0, fmt.Errorf("asking how far group %s is: %w", s.group, err)
		}
		sum += n
	}
	return sum, nil
}
