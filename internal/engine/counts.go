package engine

import (
	"sync"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// counts are what a StageStatus is made from.
type counts struct {
	mu       sync.Mutex
	received map[*delivery]time.Time
	outcomes map[stage.Outcome]int64
}

func newCounts() *counts {
	return &counts{received: map[*delivery]time.Time{}, outcomes: map[stage.Outcome]int64{}}
}

func (c *counts) begin(d *delivery, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.received[d] = now
}

// end takes d out; settled is empty where the message was left unacknowledged.
func (c *counts) end(d *delivery, settled stage.Outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.received, d)
	if settled != "" {
		c.outcomes[settled]++
	}
}

func (c *counts) fill(s *StageStatus, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.InFlight = len(c.received)
	for _, at := range c.received {
		s.OldestAge = max(s.OldestAge, now.Sub(at))
	}
	s.Done = c.outcomes[stage.Passed] + c.outcomes[stage.Closed]
	s.Retried = c.outcomes[stage.Retried]
	s.Delayed = c.outcomes[stage.Delayed]
	s.Restarted = c.outcomes[stage.Restarted]
	s.Failed = c.outcomes[stage.DeadLettered] + c.outcomes[stage.Parked]
}
