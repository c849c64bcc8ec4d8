package app

import (
	"fmt"
	"sync"
	"time"
)

// halts watches stages that wait for a person. When one of them has waited
// longer than the time-out, expired gets its error: a run in a terminal or in
// a job should end with a clear sentence rather than wait for ever.
type halts struct {
	timeout time.Duration
	expired chan error

	mu     sync.Mutex
	timers map[string]*time.Timer
}

func newHalts(timeout time.Duration) *halts {
	return &halts{timeout: timeout, expired: make(chan error, 1), timers: map[string]*time.Timer{}}
}

// set notes that a stage halted with err, or goes on if err is nil.
func (h *halts) set(stageName string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	timer, waiting := h.timers[stageName]
	switch {
	case err == nil && waiting:
		timer.Stop()
		delete(h.timers, stageName)
	case err != nil && !waiting:
		h.timers[stageName] = time.AfterFunc(h.timeout, func() {
			select {
			case h.expired <- fmt.Errorf("stopped, since nothing passed for %s: %w", h.timeout, err):
			default: // another stage was first
			}
		})
	}
}
