//go:build conformance

package cli

import (
	"sync"
	"time"
)

// shift is a clock that a case can move on, so that nobody waits for what is a
// function of time.
type shift struct {
	mu sync.Mutex
	by time.Duration
}

func (s *shift) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.by)
}

func (s *shift) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.by += d
}
