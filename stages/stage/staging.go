package stage

import (
	"context"
	"errors"
	"io"
	"strings"
)

// ClaimName names staged bytes. It is a pure function of the object version,
// so that a second fetch of the same version lands on the same name.
type ClaimName string

// NewClaimName is the name for the bytes of o: 32 hex digits of the object's
// id, a hyphen, and 16 hex digits of the revision.
func NewClaimName(o Object) ClaimName {
	return ClaimName(string(o.ID()) + "-" + string(NewObjectID("", string(o.Revision())))[:16])
}

// Object is the id of the object whose bytes the name stands for.
func (n ClaimName) Object() ObjectID {
	id, _, _ := strings.Cut(string(n), "-")
	return ObjectID(id)
}

// Staging keeps bytes between fetch and verify. Implementations pass
// internal/staging/stagingtest.
type Staging interface {
	// Put reads r to its end and keeps the bytes under name, all or nothing
	// (I5): until it returns nil nothing of that name is visible, and an error
	// of r is returned wrapped, with nothing kept. It waits while the quota is
	// used up (that is backpressure, not failure) and ends with ctx. Putting a
	// name again, also at the same time, succeeds and leaves one whole copy:
	// equal names carry equal bytes. size is what will be read; a different
	// length is ErrCorrupt. A full disk is Halt. The Proof of the claim is the
	// caller's to fill in.
	Put(ctx context.Context, name ClaimName, size int64, r io.Reader) (Claim, error)

	// Open reads staged bytes from the first to the last. It answers
	// ErrClaimGone where they are not there, or not in the claimed length.
	Open(ctx context.Context, c Claim) (io.ReadCloser, error)

	// Release gives the room back. Releasing what is not there is fine.
	Release(ctx context.Context, name ClaimName) error
}

// ErrClaimGone: the staged bytes are not there any more, or are not the ones
// that were claimed. The engine sends the artifact back to be fetched again.
var ErrClaimGone = errors.New("staged bytes are gone")
