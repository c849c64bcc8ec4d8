package cloudsmith

import (
	"context"
	"net/http"
	"slices"
	"time"
)

const (
	// fewMissing packages are not worth another page: they are asked for by
	// their ids.
	fewMissing = 3
	// maxAlone is how many are asked for by their ids in one look.
	maxAlone = 5
	// clockSlack allows for upload times that are not quite in the order of
	// the listing.
	clockSlack = 5 * time.Second
	// siblingPatience is how long the status of a package is left open for
	// another one at its coordinates, which is still being processed or which
	// the index does not show yet.
	siblingPatience = 10 * time.Minute
)

// refresh looks once for everything that is wanted: list pages, the newest
// first, until all are seen; then what they do not show, one by one.
func (t *Target) refresh(ctx context.Context) {
	l := &look{t: t, wanted: t.board.open(t.now()), seen: map[string]*entry{}, at: map[coordKey]*standing{}}
	err := l.pages(ctx)
	if err == nil {
		err = l.settle(ctx)
	}
	if err == nil {
		err = l.missing(ctx)
	}
	t.sweep(ctx, l.leftovers)
	if ctx.Err() != nil {
		err = nil
	}
	if first := t.board.end(t.now(), l.requests, l.changed, err); first {
		t.log.Warn("the status of packages cannot be read, asking again", "error", err)
	}
}

// look is one look of the board.
type look struct {
	t      *Target
	wanted map[string]wanted
	// seen are the wanted packages that the pages showed; at is everything that
	// they showed at the coordinates of wanted ones.
	seen map[string]*entry
	at   map[coordKey]*standing
	// leftovers failed after the package at their coordinates was done and
	// nobody asked for it any more.
	leftovers []*entry

	requests int
	changed  bool
}

// pages reads the listing as far as there is something to find.
func (l *look) pages(ctx context.Context) error {
	for _, w := range l.wanted {
		l.at[w.key] = &standing{}
	}
	for n := 1; len(l.wanted) > 0; n++ {
		p, err := l.t.list(ctx, KindList, "", n)
		l.requests++
		if err != nil {
			return err
		}
		l.t.snapshot.sized(p)
		for i := range p.entries {
			l.take(&p.entries[i])
		}
		missing := len(l.wanted) - len(l.seen)
		if p.last(n) || missing <= min(fewMissing, n-1) || l.beyond(p) {
			return nil
		}
	}
	return nil
}

func (l *look) take(e *entry) {
	if l.t.removed.has(e.Slug) {
		return
	}
	key := e.key()
	l.t.catalog.learn(e)
	if s := l.at[key]; s != nil {
		s.add(e)
	} else if e.Failed {
		if k := l.t.catalog.get(key); k.is(flagMine) && k.id != "" && k.id != e.Slug {
			l.leftovers = append(l.leftovers, e)
		}
	}
	if _, ok := l.wanted[e.Slug]; ok {
		l.seen[e.Slug] = e
	}
}

// beyond says that the listing has passed the time of everything that is
// missing.
func (l *look) beyond(p page) bool {
	if len(p.entries) == 0 {
		return true
	}
	oldest := p.entries[len(p.entries)-1].UploadedAt.Time
	for id, w := range l.wanted {
		// A package of unknown age may be anywhere; asking for it by its id is
		// cheaper than reading everything.
		at := w.pkg.UploadedAt
		if l.seen[id] == nil && !at.IsZero() && !at.After(oldest.Add(clockSlack)) {
			return false
		}
	}
	return true
}

// settle decides about everything that was seen.
func (l *look) settle(ctx context.Context) error {
	for id, own := range l.seen {
		a, final, err := l.t.settle(ctx, l.wanted[id], own, l.at[l.wanted[id].key])
		if err != nil {
			return err
		}
		if final {
			l.final(id, a)
		}
	}
	return nil
}

func (l *look) final(id string, a answer) {
	l.t.board.resolve(id, a)
	delete(l.wanted, id)
	l.changed = true
}

// missing asks for packages that the pages did not show: those whose time has
// come, and those at whose coordinates something else stands.
func (l *look) missing(ctx context.Context) error {
	now := l.t.now()
	var due []wanted
	for id, w := range l.wanted {
		if l.seen[id] != nil {
			continue
		}
		if !now.Before(w.alone) || len(l.at[w.key].done) > 0 {
			due = append(due, w)
		}
	}
	slices.SortFunc(due, func(a, b wanted) int { return a.alone.Compare(b.alone) })
	for _, w := range due[:min(len(due), maxAlone)] {
		l.requests++
		l.t.board.askedAlone(w.pkg.ID, now)
		own, err := l.t.byID(ctx, w.pkg.ID)
		if err != nil {
			return err
		}
		a, final, err := l.t.settle(ctx, w, own, l.at[w.key])
		if err != nil {
			return err
		}
		if final {
			l.final(w.pkg.ID, a)
		}
	}
	return nil
}

// byID asks for one package; nil where the service does not know it.
func (t *Target) byID(ctx context.Context, id string) (*entry, error) {
	var e entry
	err := t.do(ctx, request{kind: KindStatus, method: http.MethodGet, url: t.apiURL("packages", t.owner, t.repo, id)}, decodeInto(&e, nil))
	if statusOf(err) == http.StatusNotFound {
		return nil, nil
	}
	return &e, err
}
