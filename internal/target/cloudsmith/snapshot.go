package cloudsmith

import (
	"context"
	"sync"
	"time"
)

const (
	// snapshotLife is for how long a snapshot may say that something is
	// missing; at least four times what loading it took.
	snapshotLife = time.Minute
	// snapshotWait is how long a call waits for a snapshot that is loading
	// before it looks for itself.
	snapshotWait = 5 * time.Second
)

// snapshot decides when the whole listing is cheaper than asking one by one.
//
// It is the rule of the rented skis: as soon as a burst of doubts has cost as
// many requests as the listing has pages, the listing is read once into the
// catalog and answers the rest of the burst. That never costs more than twice
// the best choice in hindsight.
type snapshot struct {
	mu      sync.Mutex
	finds   int
	last    time.Time
	pages   int // of the whole listing; 0 while unknown
	taken   time.Time
	expires time.Time
	loading chan struct{} // closed when done
}

// individual counts a request for a single package. A pause ends a burst.
func (s *snapshot) individual(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.last) > snapshotLife {
		s.finds = 0
	}
	s.finds++
	s.last = now
}

// fresh says whether a snapshot is in the catalog.
func (s *snapshot) fresh(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.Before(s.expires)
}

// sized takes in how many pages the whole listing has.
func (s *snapshot) sized(p page) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages = max(1, p.pages)
}

// begin says whether the caller is to load, or whom to wait for.
func (s *snapshot) begin() (load bool, loading <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loading != nil {
		return false, s.loading
	}
	// The size of a listing that nobody has seen is guessed as a few pages;
	// the first page of the snapshot tells.
	pages := s.pages
	if pages == 0 {
		pages = 4
	}
	if s.finds < pages {
		return false, nil
	}
	s.finds = 0
	s.loading = make(chan struct{})
	return true, s.loading
}

func (s *snapshot) end(began, now time.Time, complete bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.loading)
	s.loading = nil
	if complete {
		s.taken = began
		s.expires = now.Add(max(snapshotLife, 4*now.Sub(began)))
	}
}

// absent says that a snapshot shows nothing at key. It may load one, or wait a
// little for one that is loading.
//
// What another process made after the snapshot escapes it. That costs an
// upload, and settling the status then finds the two packages.
func (t *Target) absent(ctx context.Context, key coordKey) bool {
	if !t.snapshot.fresh(t.now()) {
		load, loading := t.snapshot.begin()
		if load {
			t.background(t.loadSnapshot)
		}
		if loading != nil && sleep(ctx, snapshotWait, loading) != nil {
			return false
		}
	}
	k := t.catalog.get(key)
	return t.snapshot.fresh(t.now()) && k.id == "" && !k.is(flagMixed)
}

// loadSnapshot reads the whole listing into the catalog, unless it turns out
// to be larger than the catalog or than the doubts so far were worth.
func (t *Target) loadSnapshot(ctx context.Context) {
	began, complete := t.now(), false
	defer func() { t.snapshot.end(began, t.now(), complete) }()
	for n := 1; ; n++ {
		p, err := t.list(ctx, KindList, "", n)
		if err != nil {
			if ctx.Err() == nil {
				t.log.Warn("the listing could not be read, so doubts are settled one by one", "error", err)
			}
			return
		}
		t.snapshot.sized(p)
		for i := range p.entries {
			t.catalog.learn(&p.entries[i])
		}
		if t.catalog.full() || p.total > t.opts.CatalogLimit {
			return
		}
		if p.last(n) {
			complete = true
			return
		}
	}
}
