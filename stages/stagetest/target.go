package stagetest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// Target is a registry in memory. A package that is published stays pending
// until Sync is called.
type Target struct {
	now func() time.Time

	mu         sync.Mutex
	serial     int
	refuseNext bool
	packages   []*published
}

type published struct {
	pkg    stage.Package // Size and SHA256 as they will be once processed
	state  stage.SyncState
	reason string
	placed bool
}

func newTarget(now func() time.Time) *Target { return &Target{now: now} }

// Place puts a package there that does not come from the migration.
func (t *Target) Place(c stage.Coordinates, content []byte) stage.Package {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := sha256.Sum256(content)
	p := t.create(c, int64(len(content)), hex.EncodeToString(sum[:]))
	p.state, p.placed = stage.SyncDone, true
	return p.pkg
}

// Sync finishes the processing of all packages that are pending.
func (t *Target) Sync() { t.settle(stage.SyncPending, stage.SyncDone, "") }

// Refuse ends the processing of all packages that are pending badly.
func (t *Target) Refuse(reason string) { t.settle(stage.SyncPending, stage.SyncFailed, reason) }

// RefuseNext makes the target accept the next package and refuse it while
// processing. What is left does not count as a package, but has a status.
func (t *Target) RefuseNext() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refuseNext = true
}

// Quarantine holds back all packages that are processed.
func (t *Target) Quarantine(reason string) {
	t.settle(stage.SyncDone, stage.SyncQuarantined, reason)
}

func (t *Target) settle(from, to stage.SyncState, reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.packages {
		if p.state == from {
			p.state, p.reason = to, reason
		}
	}
}

// Replace changes the bytes behind a package, as nobody should.
func (t *Target) Replace(id string, content []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := sha256.Sum256(content)
	for _, p := range t.packages {
		if p.pkg.ID == id {
			p.pkg.Size, p.pkg.SHA256 = int64(len(content)), hex.EncodeToString(sum[:])
		}
	}
}

// Packages lists what is there.
func (t *Target) Packages() []stage.PackageStatus {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []stage.PackageStatus
	for _, p := range t.packages {
		all = append(all, stage.PackageStatus{State: p.state, Reason: p.reason, Package: p.pkg})
	}
	slices.SortFunc(all, func(a, b stage.PackageStatus) int { return cmp.Compare(a.Package.ID, b.Package.ID) })
	return all
}

// Find implements stage.Target.
func (t *Target) Find(ctx context.Context, c stage.Coordinates) (stage.Package, error) {
	if err := ctx.Err(); err != nil {
		return stage.Package{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.at(c); p != nil {
		return p.visible(), nil
	}
	return stage.Package{}, fmt.Errorf("finding %s: %w", c.Filename, stage.ErrNotFound)
}

// Publish implements stage.Target.
func (t *Target) Publish(ctx context.Context, pub stage.Publication) (stage.Package, error) {
	if p, err := t.Find(ctx, pub.Coordinates); err == nil && pub.Doubt {
		return t.settleFor(p, pub)
	}
	if err := receive(ctx, pub); err != nil {
		return stage.Package{}, fmt.Errorf("publishing %s: %w", pub.Coordinates.Filename, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.at(pub.Coordinates); p != nil {
		return p.sameAs(pub)
	}
	p := t.create(pub.Coordinates, pub.Size, pub.Digests.SHA256)
	answer := p.visible()
	answer.Origin = stage.OriginCreated
	return answer, nil
}

// settleFor answers for a package that was found before sending.
func (t *Target) settleFor(found stage.Package, pub stage.Publication) (stage.Package, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.packages {
		if p.pkg.ID == found.ID {
			return p.sameAs(pub)
		}
	}
	return stage.Package{}, fmt.Errorf("publishing %s: it went away meanwhile", pub.Coordinates.Filename)
}

// receive reads the bytes as they go over the wire, and trusts only them.
func receive(ctx context.Context, pub stage.Publication) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if pub.Open == nil {
		return stage.NotRetryable(fmt.Errorf("a publication without Open"))
	}
	r, err := pub.Open(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	content, err := readAll(ctx, r, max(pub.Size, 0))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	if got := hex.EncodeToString(sum[:]); int64(len(content)) != pub.Size || got != pub.Digests.SHA256 {
		return fmt.Errorf("the bytes are not those of the digests: %w", stage.ErrClaimGone)
	}
	return nil
}

// Status implements stage.Target.
func (t *Target) Status(ctx context.Context, asked stage.Package) (stage.PackageStatus, error) {
	if err := ctx.Err(); err != nil {
		return stage.PackageStatus{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.packages {
		if p.pkg.ID == asked.ID {
			return stage.PackageStatus{State: p.state, Reason: p.reason, Package: p.visible()}, nil
		}
	}
	return stage.PackageStatus{}, fmt.Errorf("asking for %q: %w", asked.ID, stage.ErrNotFound)
}

// Remove implements stage.Target.
func (t *Target) Remove(ctx context.Context, asked stage.Package) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.packages = slices.DeleteFunc(t.packages, func(p *published) bool { return p.pkg.ID == asked.ID })
	return nil
}

// at finds the package at c. Leftovers of refused uploads are none.
func (t *Target) at(c stage.Coordinates) *published {
	for _, p := range t.packages {
		if p.pkg.Coordinates == c && p.state != stage.SyncFailed {
			return p
		}
	}
	return nil
}

// create adds a package, in the place of leftovers.
func (t *Target) create(c stage.Coordinates, size int64, sha string) *published {
	t.packages = slices.DeleteFunc(t.packages, func(p *published) bool {
		return p.pkg.Coordinates == c && p.state == stage.SyncFailed
	})
	t.serial++
	p := &published{state: stage.SyncPending, pkg: stage.Package{
		ID: fmt.Sprintf("package-%d", t.serial), Coordinates: c, Size: size, SHA256: sha, UploadedAt: t.now(),
	}}
	if t.refuseNext {
		t.refuseNext, p.state, p.reason = false, stage.SyncFailed, "refused"
	}
	t.packages = append(t.packages, p)
	return p
}

// visible is the package as the target tells: without size and digest until it
// is processed.
func (p *published) visible() stage.Package {
	v := p.pkg
	if p.state == stage.SyncPending {
		v.Size, v.SHA256 = 0, ""
	}
	return v
}

// sameAs answers a publication for which there is a package already.
func (p *published) sameAs(pub stage.Publication) (stage.Package, error) {
	if p.pkg.SHA256 != pub.Digests.SHA256 || p.pkg.Size != pub.Size {
		return stage.Package{}, fmt.Errorf("publishing %s: %w", pub.Coordinates.Filename, stage.ErrConflict)
	}
	v := p.visible()
	v.Origin = stage.OriginAdopted
	if p.placed {
		v.Origin = stage.OriginExisting
	}
	return v, nil
}
