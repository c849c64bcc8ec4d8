package cloudsmith

import "sync"

// recent is a map that forgets the entry which was set the longest ago when it
// is full.
type recent[K comparable, V any] struct {
	mu    sync.Mutex
	m     map[K]V
	order []K // a ring once it is full; keys that were deleted linger
	next  int
	limit int
}

func newRecent[K comparable, V any](limit int) *recent[K, V] {
	return &recent[K, V]{m: map[K]V{}, limit: limit}
}

func (r *recent[K, V]) get(k K) (V, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.m[k]
	return v, ok
}

func (r *recent[K, V]) has(k K) bool {
	_, ok := r.get(k)
	return ok
}

func (r *recent[K, V]) set(k K, v V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.m[k]; ok {
		r.m[k] = v
		return
	}
	r.m[k] = v
	if len(r.order) < r.limit {
		r.order = append(r.order, k)
		return
	}
	delete(r.m, r.order[r.next])
	r.order[r.next] = k
	r.next = (r.next + 1) % r.limit
}

func (r *recent[K, V]) delete(k K) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.m, k)
}
