package sourcetest

import "testing"

// Run runs the suite. open is called once for each subtest.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	for _, tc := range []struct {
		sentence string
		run      func(t *testing.T, h Harness)
	}{
		// A short body that looks complete is the worst that a source can do,
		// so it comes first.
		{"a body that ends early is never taken for the whole", shortEOF},
		{"a body that keeps ending early ends with an error", alwaysShort},

		{"exact bytes come back", exactBytes},
		{"an empty object is an object", emptyObject},
		{"an object of several parts comes back whole and proven", parts},
		{"odd keys come back as they are", oddKeys},

		{"pages end by cursor and never by count", pages},
		{"no key falls between two pages", orders},
		{"an empty page need not be the last", emptyPage},
		{"a cursor is good again later", cursorAgain},
		{"a prefix limits the listing", prefix},
		{"a refused listing halts and is never empty", denied},

		{"a listed version is the one that is read", pinned},
		{"a deleted object is not found", deleted},
		{"stat tells what the listing tells", stat},
		{"ranges are the bytes between", ranges},
		{"a range of a changed object is refused", rangeChanged},
		{"an ended context ends everything", endedContext},
		{"a body may be closed early and twice", closedEarly},
	} {
		t.Run(tc.sentence, func(t *testing.T) { tc.run(t, open(t)) })
	}
}
