package cloudsmith

import (
	"context"
	"fmt"

	"github.com/longshore/longshore/stages/stage"
)

// Status is stage.Target's. It answers from the board's memory and never
// waits: where there is no final answer yet it says "pending", and makes the
// board look if it is time.
func (t *Target) Status(ctx context.Context, p stage.Package) (stage.PackageStatus, error) {
	if err := ctx.Err(); err != nil {
		return stage.PackageStatus{}, err
	}
	if p.ID == "" || t.removed.has(p.ID) {
		return stage.PackageStatus{}, fmt.Errorf("status of package %q: %w", p.ID, stage.ErrNotFound)
	}
	now := t.now()
	a, final, err := t.board.ask(p, now, t.opts.IndexLag)
	if t.board.begin(now) {
		t.background(t.refresh)
	}
	switch {
	case final && a.err != nil:
		return stage.PackageStatus{}, fmt.Errorf("status of package %s: %w", p.ID, a.err)
	case final:
		a.status.Package.Coordinates = p.Coordinates
		if good := &a.status.Package; a.status.State == stage.SyncDone && good.ID != p.ID {
			// Ours was refused as a duplicate: what stands there is another
			// delivery's, or older than the migration.
			good.Origin = t.origin(good.UploadedAt)
		}
		return a.status, nil
	case err != nil:
		return stage.PackageStatus{}, fmt.Errorf("status of package %s: %w", p.ID, err)
	}
	p.Origin = ""
	return stage.PackageStatus{State: stage.SyncPending, Package: p}, nil
}
