package engine

import (
	"context"
	"fmt"
)

// Lag is how many messages the stages of the plan have not acknowledged yet,
// those that wait in delay topics included. Commits are a moment behind
// acknowledgements, so it may be too high, never too low.
func (e *Engine) Lag(ctx context.Context) (int64, error) {
	var sum int64
	for topic, group := range Readers(e.o.Plan, e.o.Names) {
		n, err := e.o.Bus.Lag(ctx, group, topic)
		if err != nil {
			return 0, fmt.Errorf("asking how far %s is: %w", group, err)
		}
		sum += n
	}
	return sum, nil
}
