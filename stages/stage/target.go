package stage

import (
	"context"
	"errors"
	"io"
)

// Target is where the packages go. Implementations pass
// internal/target/targettest.
type Target interface {
	// Find returns the package at c, or ErrNotFound. Leftovers of refused
	// uploads do not count as a package.
	Find(ctx context.Context, c Coordinates) (Package, error)

	// Publish makes sure that the package exists, and returns it. It is
	// idempotent, also when called twice at once with the same coordinates
	// and bytes: one package, the same answer. It never replaces anything:
	// other bytes in place are ErrConflict. With p.Doubt it looks before it
	// sends. After an answer that was lost it looks before it sends again, or
	// returns a retryable error. Bytes that differ from p.Digests while they
	// are read wrap ErrClaimGone.
	Publish(ctx context.Context, p Publication) (Package, error)

	// Status says how far the target is with p. It never waits: it may answer
	// from memory that is a moment old, and asks for many packages in one
	// request. A package that the target does not know is ErrNotFound.
	Status(ctx context.Context, p Package) (PackageStatus, error)

	// Remove deletes p. Removing what is not there is fine.
	Remove(ctx context.Context, p Package) error
}

// Publication is what Publish needs to know.
type Publication struct {
	Coordinates Coordinates
	// Size in bytes and Digests of the bytes that Open yields.
	Size    int64
	Digests Digests
	// Open starts reading from the first byte; it may be called again.
	Open func(ctx context.Context) (io.ReadCloser, error)
	// Doubt says that an earlier delivery may have published this already.
	Doubt bool
}

// ErrConflict: other bytes stand at the same coordinates. It is permanent.
var ErrConflict = errors.New("other bytes are already there")
