package engine

import (
	"context"
	"fmt"
)

// Lag is how many messages the stages of this process have not acknowledged
// yet, those that wait in delay topics included. Commits are a moment behind
// acknowledgements, so it may be too high, never too low.
func (e *Engine) Lag(ctx context.Context) (int64, error) {
	var sum int64
	add := func(group, topic string) error {
		n, err := e.o.Bus.Lag(ctx, group, topic)
		if err != nil {
			return fmt.Errorf("asking how far %s is: %w", group, err)
		}
		sum += n
		return nil
	}
	names := e.o.Names
	for _, w := range e.workers {
		name := w.node.Stage.Name
		if err := add(names.Group(name), names.Topic(w.node.In)); err != nil {
			return 0, err
		}
		for _, t := range tiers() {
			if err := add(laterGroup(names, name, t), names.Later(name, t.name)); err != nil {
				return 0, err
			}
		}
	}
	return sum, nil
}
