package s3

import "sync"

// budget is the memory for reading ahead, shared by all bodies of a Source.
// Nobody waits for it: a body that gets no buffer streams without one.
type budget struct {
	size int64 // of one buffer
	mu   sync.Mutex
	free int      // buffers that may still be handed out
	all  int      // buffers there may be
	idle [][]byte // returned ones, kept for the next body
	open int      // bodies that share
}

func newBudget(total, size int64) *budget {
	n := int(total / size)
	return &budget{size: size, free: n, all: n}
}

func (b *budget) join() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open++
}

// leave also lets go of the memory when the last body has left.
func (b *budget) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open--; b.open == 0 {
		b.idle = nil
	}
}

// take hands out a buffer unless all are in use or a body that holds so many
// has its share already; a body that came first shrinks as it reads on.
func (b *budget) take(held int) ([]byte, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.free == 0 || held >= max(1, b.all/max(1, b.open)) {
		return nil, false
	}
	b.free--
	if n := len(b.idle); n > 0 {
		buf := b.idle[n-1]
		b.idle = b.idle[:n-1]
		return buf, true
	}
	return make([]byte, b.size), true
}

func (b *budget) give(buf []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free++
	b.idle = append(b.idle, buf)
}
