package stage

import (
	"context"
	"errors"
	"io"
)

// Source is where the objects are. Implementations pass
// internal/source/sourcetest.
type Source interface {
	// List returns one page of the objects below s.Prefix, starting at
	// s.Cursor, in the order of the store. An empty page that is not the last
	// one is normal. Access denied is Halt, never an empty page.
	List(ctx context.Context, s Shard) (Page, error)

	// Stat returns the current version of an object, or ErrNotFound.
	Stat(ctx context.Context, bucket, key string) (Object, error)

	// Open reads exactly the version that o names, from the first byte to the
	// last. It answers ErrChanged where the store now has another version and
	// no longer serves this one, ErrNotFound where the object is gone. The
	// body checks what it reads, see Body. The caller closes it.
	Open(ctx context.Context, o Object) (Body, error)

	// OpenRange reads length bytes from off of the version that o names. The
	// source's checksums cover whole objects, so a range is not checked.
	OpenRange(ctx context.Context, o Object, off, length int64) (io.ReadCloser, error)
}

// Page is one page of a listing.
type Page struct {
	Objects []Object
	// Next is the cursor of the following page; empty means that this one was
	// the last.
	Next string
}

// Body is the content of one object version. Read returns io.EOF only after
// exactly Object.Size bytes that agree with every checksum the source offers;
// otherwise it ends with an error wrapping ErrCorrupt (retryable), or with
// ErrChanged. Transfers that break are resumed inside Read.
type Body interface {
	io.ReadCloser
	// Proof says what the bytes were checked against. It is valid after
	// io.EOF.
	Proof() Proof
}

var (
	// ErrNotFound: there is nothing of that name.
	ErrNotFound = errors.New("not found")
	// ErrChanged: the source holds another version than the one asked for.
	ErrChanged = errors.New("changed in the source")
	// ErrCorrupt: bytes differ from their checksum or length. Reading again
	// may help.
	ErrCorrupt = errors.New("bytes differ from their checksum")
)
