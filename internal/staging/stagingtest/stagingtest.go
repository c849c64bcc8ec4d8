// Package stagingtest is the suite that every stage.Staging passes: drivers,
// and the fakes that stand in for them. It checks what the contract says in
// prose, from outside only, so it asks nothing of how bytes are kept.
package stagingtest

import (
	"context"
	"testing"

	"github.com/longshore/longshore/stages/stage"
)

// Run runs the suite. open makes an empty staging area with room for at least
// 64 MiB; it may use t.Cleanup to close it.
func Run(t *testing.T, open func(t *testing.T) stage.Staging) {
	t.Helper()
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			if err := c.Check(t.Context(), open(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Case is one promise of the contract.
type Case struct {
	// Name is the promise as a sentence.
	Name string
	// Check returns an error that says how an empty staging area breaks it.
	Check func(ctx context.Context, s stage.Staging) error
}

// Cases lists the promises, for tests of the suite itself.
func Cases() []Case {
	return []Case{
		{"gives back the bytes that were put", givesBack},
		{"keeps an empty object", keepsEmpty},
		{"takes readers as they come", takesAnyReader},
		{"keeps two names apart", keepsNamesApart},

		{"shows nothing before all is written", showsNothingEarly},
		{"keeps nothing when the reader fails", keepsNothingOnError},
		{"keeps nothing when the reader ends early", keepsNothingShort},
		{"keeps nothing when the reader goes on too long", keepsNothingLong},
		{"keeps the first copy when a second one fails", keepsFirstCopy},

		{"takes a name twice", takesTwice},
		{"takes a name twice at once", takesTwiceAtOnce},
		{"leaves readers alone when a name is put again", leavesReadersAlone},

		{"has nothing under a name that was never put", hasNothing},
		{"has nothing in another length than was claimed", hasNoOtherLength},
		{"has nothing after a release", hasNothingAfterRelease},
		{"releases twice", releasesTwice},
		{"takes a name again after its release", takesAfterRelease},

		{"does nothing when ctx is over", refusesWhenOver},
		{"stops putting when ctx ends", stopsPutting},
	}
}
