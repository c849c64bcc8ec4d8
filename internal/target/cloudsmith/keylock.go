package cloudsmith

import (
	"context"
	"sync"
)

// keyLocks lets one call at a time work on the same coordinates. It holds
// nothing for coordinates that nobody works on.
type keyLocks struct {
	mu   sync.Mutex
	held map[coordKey]*keyLock
}

type keyLock struct {
	users int
	slot  chan struct{}
}

func newKeyLocks() *keyLocks { return &keyLocks{held: map[coordKey]*keyLock{}} }

// lock waits for key, or for the end of ctx.
func (l *keyLocks) lock(ctx context.Context, key coordKey) (unlock func(), err error) {
	l.mu.Lock()
	k := l.held[key]
	if k == nil {
		k = &keyLock{slot: make(chan struct{}, 1)}
		l.held[key] = k
	}
	k.users++
	l.mu.Unlock()

	leave := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if k.users--; k.users == 0 {
			delete(l.held, key)
		}
	}
	select {
	case k.slot <- struct{}{}:
		return func() { <-k.slot; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
