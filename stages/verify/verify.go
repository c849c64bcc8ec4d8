// Package verify is the stage that compares what the target holds with what
// was staged.
//
// It never waits: a package that the target has not processed yet comes back
// later. A package of ours that turns out wrong is removed and the artifact
// starts again from fetching its bytes; a package that is not ours is never
// touched.
package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// Spec describes the stage.
func Spec() stage.Spec {
	return stage.Spec{
		Name:  "verify",
		Doc:   "Compares the package in the target with the bytes that were staged",
		Needs: []stage.Fact{stage.FactObject, stage.FactClaim, stage.FactDigests, stage.FactPackage},
		Adds:  []stage.Fact{stage.FactVerdict},
		Uses:  []stage.Dependency{stage.UsesTarget},
		New:   open,
	}
}

type handler struct {
	target stage.Target
	now    func() time.Time
	config config
}

func open(env stage.Env) (stage.Handler, error) {
	c := defaults()
	if err := env.Decode(&c); err != nil {
		return nil, fmt.Errorf("reading the configuration of stage verify: %w", err)
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	return &handler{target: env.Target, now: env.Now, config: c}, nil
}

// Handle closes the artifact if the target is done with it.
func (h *handler) Handle(ctx context.Context, in stage.Envelope) ([]stage.Envelope, error) {
	if err := Spec().Check(in); err != nil {
		return nil, err
	}
	p := *in.Artifact.Package
	status, err := h.target.Status(ctx, p)
	if errors.Is(err, stage.ErrNotFound) && stage.ClassOf(err) != stage.Halted {
		return nil, vanished(in, err)
	}
	if err != nil {
		return nil, fmt.Errorf("asking for the status of package %s: %w", p.ID, err)
	}

	switch status.State {
	case stage.SyncPending:
		return nil, h.wait(in, status)
	case stage.SyncFailed:
		return nil, h.undo(ctx, in, refused(in, status))
	case stage.SyncQuarantined:
		return nil, quarantined(in, status)
	case stage.SyncDone:
		if status.Package.SHA256 == "" {
			// Some answers are ahead of their checksums. Never a verdict
			// without one.
			return nil, h.wait(in, status)
		}
	default:
		return nil, fmt.Errorf("asking for the status of package %s: the state %q is not known", p.ID, status.State)
	}

	if !same(in.Artifact, status.Package) {
		return nil, h.undo(ctx, in, differs(in, status.Package))
	}
	if status.Package.ID != p.ID {
		// Ours was refused as a duplicate, and this one stands there.
		in = in.With(func(a *stage.Artifact) { a.Package = &status.Package })
	}
	return []stage.Envelope{in.Close(verdict(in.Artifact, status.Package))}, nil
}

// undo takes our package out of the target and starts the artifact again with
// reason; what is not ours stays, and reason is final.
func (h *handler) undo(ctx context.Context, in stage.Envelope, reason error) error {
	p := *in.Artifact.Package
	if !ours(p) {
		return stage.NotRetryable(reason)
	}
	if err := h.target.Remove(ctx, p); err != nil {
		return fmt.Errorf("removing package %s, which has to be published again: %w", p.ID, err)
	}
	return stage.Restart(reason)
}

// ours says whether the migration made the package.
func ours(p stage.Package) bool {
	return p.Origin == stage.OriginCreated || p.Origin == stage.OriginAdopted
}
