package fetch

import (
	"context"
	"errors"
	"fmt"

	"github.com/longshore/longshore/stages/stage"
)

// maxVersions is how many versions of an object one delivery runs after. An
// object that is replaced faster than it can be read waits for its writer.
const maxVersions = 3

// movedError: the source says that it has another version, or none.
type movedError struct{ err error }

func (m *movedError) Error() string { return m.err.Error() }
func (m *movedError) Unwrap() error { return m.err }

// moved marks an error of the source that says so and leaves others, io.EOF
// among them, as they are.
func moved(err error) error {
	if isGone(err) || errors.Is(err, stage.ErrChanged) {
		return &movedError{err}
	}
	return err
}

// isGone says whether err is about the object. A halt is about everything: the
// bucket that is not found takes no object out of the flow.
func isGone(err error) bool {
	return errors.Is(err, stage.ErrNotFound) && stage.ClassOf(err) != stage.Halted
}

func isMoved(err error) bool {
	var m *movedError
	return errors.As(err, &m)
}

// supersede closes old, and returns the envelope of the current version, nil
// if the object is deleted. It asks the source rather than trust cause: of a
// version that is gone, another may still be there.
func (h *handler) supersede(ctx context.Context, old stage.Envelope, cause error) (closed stage.Envelope, next *stage.Envelope, err error) {
	was := *old.Artifact.Object
	now, err := h.source.Stat(ctx, was.Bucket, was.Key)
	if was.VersionID == "" {
		// Listings do not tell version ids. A version must have one revision
		// only, or the ledger would count it twice.
		now.VersionID = ""
	}
	switch {
	case isGone(err):
		return old.Close(superseded("deleted", "deleted in the source")), nil, nil
	case err != nil:
		return stage.Envelope{}, nil, fmt.Errorf("looking for the current version of %s: %w", was.URI(), err)
	case now.Revision() == was.Revision():
		// The source contradicts itself; it will make up its mind.
		return stage.Envelope{}, nil, stage.Retry(cause, stage.Code("unsteady-source"))
	}
	fresh := old.With(func(a *stage.Artifact) {
		a.Object = &now
		// Facts about the old bytes.
		a.Claim, a.Digests, a.Package = nil, nil, nil
	})
	reason := fmt.Sprintf("replaced in the source by %s", now.Revision())
	return old.Close(superseded("replaced", reason)), &fresh, nil
}

func superseded(code, reason string) stage.Verdict {
	return stage.Verdict{Disposition: stage.Superseded, Code: code, Reason: reason}
}

func restless(o stage.Object) error {
	return stage.Retry(
		fmt.Errorf("fetching %s: replaced %d times while it was being read", o.URI(), maxVersions),
		stage.Code("restless"),
		stage.Hint("pause the writer of this object, or exclude it and migrate it later"))
}
