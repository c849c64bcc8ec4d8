package cloudsmith

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/longshore/longshore/stages/stage"
)

// standing is everything that stands at some coordinates, the oldest first.
type standing struct {
	done, pending, failed []*entry
}

func (s *standing) add(e *entry) {
	list := &s.pending
	switch {
	case e.Failed:
		list = &s.failed
	case e.Completed:
		list = &s.done
	}
	for _, have := range *list {
		if have.Slug == e.Slug {
			return // a page shifted while we read
		}
	}
	*list = append(*list, e)
	slices.SortFunc(*list, func(a, b *entry) int {
		if a.older(b) {
			return -1
		}
		return 1
	})
}

// Find is stage.Target's. A package that is still being processed counts, a
// failed one does not.
func (t *Target) Find(ctx context.Context, c stage.Coordinates) (stage.Package, error) {
	key := keyOf(c)
	if k := t.catalog.get(key); k.id != "" && !k.is(flagMixed|flagPromised) && t.snapshot.fresh(t.now()) {
		return k.pkg(c), nil
	}
	s, err := t.lookUp(ctx, c)
	if err != nil {
		return stage.Package{}, err
	}
	for _, list := range [][]*entry{s.done, s.pending} {
		if len(list) > 0 {
			return list[0].at(c), nil
		}
	}
	return stage.Package{}, fmt.Errorf("looking for a package: %w", stage.ErrNotFound)
}

// lookUp asks what stands at c: one request, unless more packages than a page
// holds share the file name.
func (t *Target) lookUp(ctx context.Context, c stage.Coordinates) (standing, error) {
	var s standing
	if c.Filename == "" {
		return s, nil // a package of which only the id is known
	}
	key, query := keyOf(c), searchFor(c)
	for n := 1; ; n++ {
		t.snapshot.individual(t.now())
		p, err := t.list(ctx, KindFind, query, n)
		if err != nil {
			return standing{}, err
		}
		for i := range p.entries {
			e := &p.entries[i]
			// The index is only a filter: it may match more than was meant, and
			// deletion is asynchronous.
			if e.key() == key && !t.removed.has(e.Slug) {
				s.add(e)
			}
		}
		if p.last(n) {
			return s, nil
		}
	}
}

// existing looks for p where there is reason to. It returns found=false where
// the way is free to publish.
func (t *Target) existing(ctx context.Context, key coordKey, p stage.Publication) (pkg stage.Package, found bool, err error) {
	unclear := t.unclear.has(key)
	k := t.catalog.get(key)
	if k.id != "" && !k.is(flagMixed) && k.sha256 == p.Digests.SHA256 {
		pkg = k.pkg(p.Coordinates)
		pkg.Origin = t.origin(k.at)
		if k.is(flagMade) {
			pkg.Origin = stage.OriginCreated
		}
		return pkg, true, nil
	}
	if k.id == "" && !unclear {
		if !p.Doubt {
			return pkg, false, nil
		}
		if t.absent(ctx, key) {
			return pkg, false, nil
		}
	}
	s, err := t.lookUp(ctx, p.Coordinates)
	if err != nil {
		return pkg, false, err
	}
	return t.judge(ctx, key, p, s)
}

// judge says what a standing means for a publication.
func (t *Target) judge(ctx context.Context, key coordKey, p stage.Publication, s standing) (pkg stage.Package, found bool, err error) {
	t.unclear.delete(key)
	t.catalog.claim(key)
	if e := equal(s.done, p.Digests.SHA256); e != nil {
		t.sweep(ctx, s.failed)
		if len(s.done)+len(s.pending) == 1 {
			t.catalog.settled(key, e)
		}
		return t.adopt(e, p), true, nil
	}
	if len(s.done) > 0 {
		return pkg, false, conflict(s.done[0], p)
	}
	for _, e := range s.pending {
		// Neither size nor digest need be there before the end. What was begun
		// during this migration at these coordinates is taken for an earlier
		// delivery's; verification compares it before anything is believed.
		if same, known := e.same(p); same || (!known && t.ours(e.UploadedAt.Time)) {
			return t.adopt(e, p), true, nil
		}
	}
	if len(s.pending) > 0 {
		return pkg, false, stage.Retry(fmt.Errorf("package %s at the same coordinates, which is not ours, is still being processed", s.pending[0].Slug), stage.Code("busy"))
	}
	t.sweep(ctx, s.failed)
	return pkg, false, nil
}

// equal returns the oldest entry with this digest.
func equal(entries []*entry, sha256 string) *entry {
	for _, e := range entries {
		if e.SHA256 == sha256 {
			return e
		}
	}
	return nil
}

// same compares an entry that is not finished with a publication, as far as
// that is possible.
func (e *entry) same(p stage.Publication) (same, known bool) {
	switch {
	case e.SHA256 != "":
		return e.SHA256 == p.Digests.SHA256, true
	case e.Size > 0 && e.Size != p.Size:
		return false, true
	}
	return false, false
}

func (t *Target) adopt(e *entry, p stage.Publication) stage.Package {
	pkg := e.at(p.Coordinates)
	pkg.Origin = t.origin(pkg.UploadedAt)
	return pkg
}

func conflict(e *entry, p stage.Publication) error {
	return stage.NotRetryable(
		fmt.Errorf("%w: package %s has sha256 %s, not %s", stage.ErrConflict, e.Slug, e.SHA256, p.Digests.SHA256),
		stage.Code("conflict"),
		stage.Hint("decide which one is right: delete package %s and replay, or exclude the object", e.Slug))
}

// sweep removes failed leftovers that are ours. It is not needed for what
// follows, so it fails silently except for the log.
func (t *Target) sweep(ctx context.Context, failed []*entry) {
	for _, e := range failed {
		if !t.ours(e.UploadedAt.Time) {
			continue
		}
		if err := t.delete(ctx, e.Slug); err != nil && ctx.Err() == nil {
			t.log.Warn("a failed leftover could not be removed", "package", e.Slug, "error", err)
		}
	}
}

// Remove is stage.Target's.
func (t *Target) Remove(ctx context.Context, p stage.Package) error {
	if err := t.delete(ctx, p.ID); err != nil {
		return err
	}
	t.removed.set(p.ID, struct{}{})
	t.catalog.forget(keyOf(p.Coordinates), p.ID)
	t.board.forget(p.ID)
	return nil
}

// delete removes a package by its id. One that is not there is fine.
func (t *Target) delete(ctx context.Context, id string) error {
	if id == "" {
		return stage.NotRetryable(errors.New("removing a package: it has no id"))
	}
	err := t.do(ctx, request{kind: KindRemove, method: http.MethodDelete, url: t.apiURL("packages", t.owner, t.repo, id)}, nil)
	switch statusOf(err) {
	case http.StatusNotFound:
		return nil
	case http.StatusBadRequest, http.StatusConflict:
		// Not deletable at this moment: it is being processed.
		return stage.Retry(err, stage.Code("busy"))
	}
	return err
}
