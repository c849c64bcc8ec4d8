package s3

import "sync"

// layoutMemory remembers the few objects whose deduced layout turned out
// wrong, so that the next read asks for every part. Losing it costs one more
// read.
type layoutMemory struct {
	mu    sync.Mutex
	exact map[string]struct{}
}

// remembered bounds the memory; the oldest entries do not matter, since an
// object is read again soon after it was noted or not at all.
const remembered = 1024

func newLayoutMemory() *layoutMemory {
	return &layoutMemory{exact: map[string]struct{}{}}
}

func (m *layoutMemory) note(p pin) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.exact) >= remembered {
		clear(m.exact)
	}
	m.exact[p.layoutKey()] = struct{}{}
}

func (m *layoutMemory) needsExact(p pin) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.exact[p.layoutKey()]
	return ok
}
