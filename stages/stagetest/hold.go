package stagetest

import (
	"context"
	"slices"
	"sync"
)

// Hold keeps calls of one operation waiting.
type Hold struct {
	mu      sync.Mutex
	open    bool
	waiting []chan struct{}
}

// Waiting is how many calls are being held.
func (h *Hold) Waiting() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.waiting)
}

// ReleaseOne lets the call go that has waited longest.
func (h *Hold) ReleaseOne() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.waiting) > 0 {
		close(h.waiting[0])
		h.waiting = h.waiting[1:]
	}
}

// ReleaseLast lets the call go that came last.
func (h *Hold) ReleaseLast() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if last := len(h.waiting) - 1; last >= 0 {
		close(h.waiting[last])
		h.waiting = h.waiting[:last]
	}
}

// Pass lets later calls through. Those that wait go on waiting.
func (h *Hold) Pass() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open = true
}

// Release lets everybody go, now and later.
func (h *Hold) Release() {
	h.Pass()
	for h.Waiting() > 0 {
		h.ReleaseOne()
	}
}

// wait returns nil when the call is released, and the error of ctx when that
// ends first.
func (h *Hold) wait(ctx context.Context) error {
	ch := h.enter()
	if ch == nil {
		return nil
	}
	select {
	case <-ch:
		return nil
	case <-ctx.Done():
		h.leave(ch)
		return ctx.Err()
	}
}

func (h *Hold) enter() chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open {
		return nil
	}
	ch := make(chan struct{})
	h.waiting = append(h.waiting, ch)
	return ch
}

func (h *Hold) leave(ch chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waiting = slices.DeleteFunc(h.waiting, func(w chan struct{}) bool { return w == ch })
}
