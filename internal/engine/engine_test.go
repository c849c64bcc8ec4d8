package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/longshore/longshore/internal/wire"
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
		done := 0
		for _, e := range w.events {
			if t := e.Artifact.Transition; t.ShardDone {
				done++
			}
		}
		if done != 1 {
			t.Errorf("%d transitions say that the listing is done, want 1", done)
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

func TestWhatAStageClosesBesidesItsInputIsATransitionOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.excluded = toyObject(3).Key
		flow(t, w)
		balanced(t, w, stage.Excluded)
		if n := w.outcomes("list"); n[stage.Passed] != 1 || n[stage.Closed] != 1 {
			t.Errorf("transitions %v, want 1 passed and 1 closed", n)
		}
		if n := len(w.calls("fetch")); n != 9 {
			t.Errorf("fetch handled %d messages, want 9", n)
		}
	})
}

func TestASecondListingIsInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := newBroker().connect()
		r := start(t, options(t, w, s))
		if err := r.Start(t.Context(), stage.Shard{Listing: 2}); err != nil {
			t.Fatal(err)
		}
		settle(t, w, s)
		if err := r.end(); err != nil {
			t.Error(err)
		}
		in := w.calls("send")
		for _, e := range in {
			if !e.Doubt {
				t.Errorf("%s is not in doubt", e.Artifact.Object.Key)
			}
		}
		if len(in) != 10 {
			t.Errorf("%d messages, want 10", len(in))
		}
	})
}

func TestDrainingDoesNotWaitForTheNextTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.does("send", failing(1, errFar))
		b := newBroker()
		s := b.connect()
		o := options(t, w, s)
		o.Policy = Policy{TryBackoff: time.Minute, TryBackoffMax: time.Minute}
		r := start(t, o)
		r.list(t)
		time.Sleep(time.Second)
		began := time.Now()
		if err := r.end(); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("draining took %s", took)
		}
		if n := len(b.records(toyNames.Later("send", "later-15s"))); n != 1 {
			t.Errorf("%d messages in the delay topic, want the one that failed", n)
		}
		r = start(t, options(t, w, s))
		settle(t, w, s)
		if err := r.end(); err != nil {
			t.Error(err)
		}
		balanced(t, w, stage.Verified)
	})
}

func TestAnObjectHasOneTraceForAllItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.does("send", failing(3, errFar))
		b := flow(t, w)
		traces := map[string]map[string]bool{} // of a key
		for _, topic := range []string{"shards", "found", "fetched", "send.later-15s", "sent", "audit"} {
			for _, rec := range b.records(toyNames.Topic(topic)) {
				if traces[string(rec.key)] == nil {
					traces[string(rec.key)] = map[string]bool{}
				}
				traces[string(rec.key)][rec.headers.Get(wire.HeaderTrace)] = true
			}
		}
		seen := map[string]bool{}
		for key, of := range traces {
			if len(of) != 1 {
				t.Errorf("%s has %d traces: %v", key, len(of), of)
			}
			for trace := range of {
				if seen[trace] {
					t.Errorf("%s shares its trace with another object", key)
				}
				seen[trace] = true
			}
		}
		if len(traces) != 11 {
			t.Errorf("%d keys, want 10 objects and a shard", len(traces))
		}
	})
}
