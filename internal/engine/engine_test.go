package engine

import (
	"testing"
	"testing/synctest"

	"github.com/longshore/longshore/stages/stage"
)

// flow runs a world to its end on virtual time and returns the broker.
func flow(t *testing.T, w *world, change ...func(*Options)) *broker {
	t.Helper()
	b := newBroker()
	s := b.connect()
	o := options(t, w, s)
	for _, c := range change {
		c(&o)
	}
	r := start(t, o)
	r.list(t)
	settle(t, w, s)
	if err := r.end(); err != nil {
		t.Errorf("Run returned %v, want a clean drain", err)
	}
	return b
}

func TestAnArtifactPassesEveryStageAndIsClosedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.pages, w.page = 3, 250
		flow(t, w)
		found, ends := w.books()
		if len(found) != 750 || len(ends) != 750 {
			t.Fatalf("found %d and ended %d of 750", len(found), len(ends))
		}
		for name, d := range ends {
			if len(d) != 1 || !d[stage.Verified] {
				t.Errorf("%s ended as %v", name, d)
			}
		}
		for _, name := range []string{"fetch", "send", "check"} {
			for _, in := range w.calls(name) {
				if in.Doubt {
					t.Fatalf("%s got a doubtful %s in a fresh run", name, in.Artifact.Object.Key)
				}
			}
		}
		// 250 objects a page make three lists of at most 100.
		if n := w.outcomes("list")[stage.Passed]; n != 9 {
			t.Errorf("list wrote %d transitions, want 9", n)
		}
		for name, want := range map[string]stage.Outcome{"fetch": stage.Passed, "send": stage.Passed, "check": stage.Closed} {
			if n := w.outcomes(name); n[want] != 750 || len(n) != 1 {
				t.Errorf("%s: transitions %v, want 750 %s", name, n, want)
			}
		}
		for _, name := range []string{"list", "fetch", "send", "check", "audit"} {
			if !w.closed[name] {
				t.Errorf("the handler of %s was not closed", name)
			}
		}
	})
}
