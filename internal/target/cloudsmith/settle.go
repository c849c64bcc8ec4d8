package cloudsmith

import (
	"context"
	"fmt"

	"github.com/longshore/longshore/stages/stage"
)

// settle decides what the status of a package is, given what stands at its
// coordinates, and clears away what is ours and too much. own is nil where the
// service does not know the package.
//
// It has to look at the coordinates and not only at the package: the service
// lets two processes create the same one, and fails the second later or keeps
// both. Everybody picks the same winner, the oldest, so it does not matter who
// settles first.
func (t *Target) settle(ctx context.Context, w wanted, own *entry, s *standing) (a answer, final bool, err error) {
	if own != nil && own.done() {
		return t.settleDone(ctx, w, own, s)
	}
	if own != nil && own.pending() {
		return answer{}, false, nil
	}

	// Failed or gone. Either the package itself is bad, or another one has
	// taken its place; pages that were read for something else need not show
	// that one.
	if len(s.done) == 0 {
		found, err := t.lookUp(ctx, w.pkg.Coordinates)
		if err != nil {
			return answer{}, false, err
		}
		s = &found
	}
	if len(s.done) == 0 && t.waitFor(w, s.pending) {
		return answer{}, false, nil
	}
	if len(s.done) == 0 && own != nil && saysDuplicate(own.Reason) && t.patient(w) {
		// There is another one, and the index does not show it yet.
		return answer{}, false, nil
	}
	if own == nil {
		return t.settleGone(w, s), true, nil
	}
	return t.settleFailed(ctx, w, own, s), true, nil
}

// settleDone handles a package that the service has processed.
func (t *Target) settleDone(ctx context.Context, w wanted, own *entry, s *standing) (answer, bool, error) {
	if t.waitFor(w, s.pending) {
		// A second create is under way. Once its outcome is known there is
		// something to clear away, and nobody might come back for it.
		return answer{}, false, nil
	}
	t.sweep(ctx, s.failed)
	keep := own
	for _, e := range s.done {
		switch {
		case e.Slug == own.Slug:
		case e.SHA256 != own.SHA256:
			// Two packages with different bytes: the later one must not count,
			// and neither is ours to judge.
			if e.older(own) && t.ours(own.UploadedAt.Time) {
				return conflicting(own, e, w), true, nil
			}
		case e.older(keep):
			keep = t.drop(ctx, keep, e)
		default:
			keep = t.drop(ctx, e, keep)
		}
	}
	t.catalog.settled(w.key, keep)
	return answerOf(keep, w), true, nil
}

// drop removes the newer one of two equal packages, if it is ours, and returns
// the one that stays.
func (t *Target) drop(ctx context.Context, newer, older *entry) *entry {
	if !t.ours(newer.UploadedAt.Time) {
		return older
	}
	if err := t.delete(ctx, newer.Slug); err != nil && ctx.Err() == nil {
		t.log.Warn("a duplicate package could not be removed", "package", newer.Slug, "of", older.Slug, "error", err)
	}
	return older
}

// settleFailed handles a package that the service has refused after the
// create.
func (t *Target) settleFailed(ctx context.Context, w wanted, own *entry, s *standing) answer {
	if len(s.done) == 0 {
		t.catalog.forget(w.key, own.Slug)
		return answerOf(own, w)
	}
	good := s.done[0]
	if digest, known := t.digestOf(w, own); known {
		if e := equal(s.done, digest); e != nil {
			good = e
		} else {
			t.sweep(ctx, []*entry{own})
			t.catalog.forget(w.key, own.Slug)
			return conflicting(own, good, w)
		}
	}
	// Where no digest is known, the good package is reported with its own, and
	// who compares it with the artifact's sees whether it is the same.
	t.sweep(ctx, append(s.failed, own))
	t.catalog.forget(w.key, own.Slug)
	t.catalog.settled(w.key, good)
	return answerOf(good, w)
}

// settleGone handles a package that is not there any more.
func (t *Target) settleGone(w wanted, s *standing) answer {
	t.catalog.forget(w.key, w.pkg.ID)
	digest, known := t.digestOf(w, nil)
	for _, e := range s.done {
		if !known || e.SHA256 == digest {
			t.catalog.settled(w.key, e)
			return answerOf(e, w)
		}
	}
	return answer{err: stage.ErrNotFound}
}

// digestOf returns the sha256 of what was uploaded as the package of w: as the
// service reports it, as it was reported before, or as we sent it.
func (t *Target) digestOf(w wanted, own *entry) (string, bool) {
	if own != nil && own.SHA256 != "" {
		return own.SHA256, true
	}
	if w.pkg.SHA256 != "" {
		return w.pkg.SHA256, true
	}
	if k := t.catalog.get(w.key); k.id == w.pkg.ID && k.sha256 != "" {
		return k.sha256, true
	}
	return "", false
}

// waitFor says that packages at the same coordinates which may be ours are
// still being processed, and that this is not going on for too long.
func (t *Target) waitFor(w wanted, pending []*entry) bool {
	if !t.patient(w) {
		return false
	}
	for _, e := range pending {
		if e.Slug != w.pkg.ID && t.ours(e.UploadedAt.Time) {
			return true
		}
	}
	return false
}

// patient says that w may still be left open for the sake of other packages.
func (t *Target) patient(w wanted) bool { return t.now().Sub(w.first) <= siblingPatience }

func answerOf(e *entry, w wanted) answer {
	status := stage.PackageStatus{State: stage.SyncDone, Package: e.at(w.pkg.Coordinates)}
	switch {
	case e.Failed:
		status.State, status.Reason = stage.SyncFailed, e.Reason
	case e.Quarantined:
		status.State, status.Reason = stage.SyncQuarantined, e.Reason
	}
	return answer{status: status}
}

func conflicting(own, other *entry, w wanted) answer {
	a := answerOf(own, w)
	a.status.State = stage.SyncFailed
	a.status.Reason = fmt.Sprintf("conflict: package %s stands at the same coordinates with sha256 %s", other.Slug, other.SHA256)
	return a
}
