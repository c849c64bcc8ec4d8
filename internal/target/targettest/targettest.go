// Package targettest is the suite of stage.Target: what the contract says in
// prose, checked. Every driver and every fake passes it. Faults that a harness
// cannot inject are skipped by name, so that a report shows what was not
// looked at.
package targettest

import (
	"testing"

	"github.com/longshore/longshore/stages/stage"
)

// Harness is one target on an empty far side.
type Harness struct {
	// Target is the implementation under test.
	Target stage.Target

	// Another opens a second target on the same far side that shares no memory
	// with the first: another process. nil skips what needs two.
	Another func(t *testing.T) stage.Target

	// Coordinates makes coordinates from a name. Different names, also ones
	// that differ only in their folder, give different coordinates.
	Coordinates func(name string) stage.Coordinates

	// Entries lists everything that the far side holds at c, refused leftovers
	// included, without asking the target.
	Entries func(t *testing.T, c stage.Coordinates) []Entry

	// LoseAnswer makes the far side accept the next package and lose the
	// answer. nil skips.
	LoseAnswer func(t *testing.T)

	// RefuseNext makes the far side accept the next package and refuse it
	// while processing, so that a leftover stays. nil skips.
	RefuseNext func(t *testing.T)
}

// Entry is one thing that the far side holds.
type Entry struct {
	ID      string
	SHA256  string
	Refused bool
}

// Run checks the target that newHarness makes, a fresh one for each subtest.
func Run(t *testing.T, newHarness func(t *testing.T) Harness) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.run(t, newHarness(t)) })
	}
}

var cases = []struct {
	name string
	run  func(*testing.T, Harness)
}{
	{"publishes a package and finds it", publishesAndFinds},
	{"publishes an empty object", publishesEmpty},
	{"keeps apart what differs in name only a little", keepsNamesApart},
	{"gives the same package when asked again", samePackageAgain},
	{"looks before it sends when in doubt", looksWhenInDoubt},
	{"makes one package when asked twice at once", onePackageTwiceAtOnce},
	{"makes one package when two processes ask at once", onePackageTwoProcesses},
	{"refuses other bytes at the same coordinates", refusesOtherBytes},
	{"adopts what a lost answer left behind", adoptsAfterLostAnswer},
	{"refuses bytes that differ from their digest", refusesDifferentBytes},
	{"refuses bytes that end early or go on too long", refusesWrongLength},
	{"passes on the error of bytes that cannot be read", passesOnReadErrors},
	{"finds nothing where nothing is", findsNothing},
	{"does not count leftovers of refused uploads", ignoresLeftovers},
	{"publishes where a leftover stands", publishesOverLeftover},
	{"ends done with the size and digest of the bytes", endsDone},
	{"does not know a package that never was", statusOfUnknown},
	{"removes, and removes again", removesTwice},
	{"publishes again what was removed", publishesAfterRemove},
	{"stops when told", stopsWhenTold},
}
