// Package sourcetest is the suite that every implementation of stage.Source
// passes, drivers and fakes alike. It says in tests what the comments of
// stage.Source say in prose.
package sourcetest

import (
	"testing"

	"github.com/longshore/longshore/stages/stage"
)

// Harness is a source under test and the ways to change what is in it. A fresh
// one, empty, is made for every subtest.
type Harness struct {
	Source stage.Source
	// Bucket is the bucket that Source lists.
	Bucket string

	// Put creates or overwrites an object.
	Put func(t *testing.T, key string, content []byte)
	// Delete removes it.
	Delete func(t *testing.T, key string)

	// PutParts uploads an object in parts; nil where there is no such thing.
	PutParts func(t *testing.T, key string, parts ...[]byte)
	// CutOnce makes the next transfer of the object end cleanly after n bytes.
	// The one after it is whole again, so that a source which resumes may.
	CutOnce func(t *testing.T, key string, n int64)
	// CutAlways makes every transfer of the object end cleanly once it has
	// come to byte n of the object.
	CutAlways func(t *testing.T, key string, n int64)
	// EmptyPageNext makes the next page of a listing empty, but not the last;
	// nil where the source cannot be made to.
	EmptyPageNext func(t *testing.T)
	// DenyList makes the store refuse every listing from now on; nil where it
	// cannot be made to.
	DenyList func(t *testing.T)

	// PageSize is the most objects that a page holds; the suite puts a few
	// more. Sources with large pages use 1000.
	PageSize int
	// Takes says whether the store can hold a key; nil means all.
	Takes func(key string) bool
	// KeepsVersions says that a version which was overwritten can still be
	// read by its VersionID.
	KeepsVersions bool
}

func (h Harness) object(t *testing.T, key string) stage.Object {
	t.Helper()
	for _, o := range listAll(t, h, "") {
		if o.Key == key {
			return o
		}
	}
	t.Fatalf("%q is not in the listing", key)
	return stage.Object{}
}
