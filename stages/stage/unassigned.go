package stage

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// ErrUnassigned: a stage used a dependency that its Spec does not declare, or
// that was not configured. It is permanent: no retry will assign it.
var ErrUnassigned = errors.New("dependency is not assigned")

type unassigned struct {
	stage string
	dep   Dependency
}

func (u unassigned) err() error {
	return Halt(fmt.Errorf("%s of stage %s: %w", u.dep, u.stage, ErrUnassigned))
}

func (u unassigned) List(context.Context, Shard) (Page, error) { return Page{}, u.err() }
func (u unassigned) Stat(context.Context, string, string) (Object, error) {
	return Object{}, u.err()
}
func (u unassigned) Open(context.Context, Object) (Body, error) { return nil, u.err() }
func (u unassigned) OpenRange(context.Context, Object, int64, int64) (io.ReadCloser, error) {
	return nil, u.err()
}

type unassignedTarget struct{ unassigned }

func (u unassignedTarget) Find(context.Context, Coordinates) (Package, error) {
	return Package{}, u.err()
}
func (u unassignedTarget) Publish(context.Context, Publication) (Package, error) {
	return Package{}, u.err()
}
func (u unassignedTarget) Status(context.Context, Package) (PackageStatus, error) {
	return PackageStatus{}, u.err()
}
func (u unassignedTarget) Remove(context.Context, Package) error { return u.err() }

type unassignedStaging struct{ unassigned }

func (u unassignedStaging) Put(context.Context, ClaimName, int64, io.Reader) (Claim, error) {
	return Claim{}, u.err()
}
func (u unassignedStaging) Open(context.Context, Claim) (io.ReadCloser, error) { return nil, u.err() }
func (u unassignedStaging) Release(context.Context, ClaimName) error           { return u.err() }

type unassignedLedger struct{ unassigned }

func (u unassignedLedger) Fold(context.Context, ...Envelope) error { return u.err() }
func (u unassignedLedger) Settled(context.Context, []Object) (map[ObjectID]Disposition, error) {
	return nil, u.err()
}
