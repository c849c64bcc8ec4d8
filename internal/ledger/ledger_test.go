package ledger_test

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/stages/stage"
)

func open(t *testing.T) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(t.Context(), filepath.Join(t.TempDir(), "odd name %?#.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func TestLedger(t *testing.T) {
	ledgertest.Run(t, func(t *testing.T) stage.Ledger { return open(t) })
}

func fold(t *testing.T, l *ledger.Ledger, events ...stage.Envelope) {
	t.Helper()
	if err := l.Fold(t.Context(), events...); err != nil {
		t.Fatal(err)
	}
}

func summary(t *testing.T, l *ledger.Ledger) ledger.Summary {
	t.Helper()
	s, err := l.Summary(t.Context(), "r")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func page(n, listing int, done bool, objects ...stage.Object) stage.Envelope {
	e := ledgertest.Found(objects...)
	e.Artifact.Shard = &stage.Shard{Listing: listing, Page: n}
	e.Artifact.Transition.ShardDone = done
	return e
}

func TestSummaryClosesTheBooks(t *testing.T) {
	l := open(t)
	if s := summary(t, l); s.Finished() || s.Enumerated.Objects != 0 {
		t.Fatalf("empty ledger: %+v", s)
	}
	var objects []stage.Object
	for i := range 6 {
		objects = append(objects, ledgertest.Object(i))
	}
	fold(t, l, page(1, 1, true, objects[3:]...))
	if s := summary(t, l); s.Listed {
		t.Error("listed although page 0 is not there yet")
	}
	fold(t, l, page(0, 1, false, objects[:3]...))
	for i, d := range []stage.Disposition{stage.Verified, stage.Present, stage.Excluded, stage.Superseded} {
		fold(t, l, ledgertest.Closed(objects[i], d, time.Second))
	}
	fold(t, l, ledgertest.DeadLettered(objects[4], time.Second))
	s := summary(t, l)
	if !s.Listed || s.Finished() {
		t.Errorf("listed %v, finished %v; want listed and not finished", s.Listed, s.Finished())
	}
	fold(t, l, ledgertest.Closed(objects[5], stage.Verified, time.Second))
	s = summary(t, l)
	want := ledger.Summary{
		Enumerated: ledger.Count{Objects: 6, Bytes: 21},
		ByDisposition: map[stage.Disposition]ledger.Count{
			stage.Verified: {Objects: 2, Bytes: 7}, stage.Present: {Objects: 1, Bytes: 2}, stage.Excluded: {Objects: 1, Bytes: 3},
			stage.Superseded: {Objects: 1, Bytes: 4}, stage.Failed: {Objects: 1, Bytes: 5},
		},
		Listings: 1, Listed: true,
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	if !s.Finished() {
		t.Error("not finished although everything is closed")
	}
}

func TestReplacedVersionBecomesSuperseded(t *testing.T) {
	l := open(t)
	old := ledgertest.Object(1)
	current := old
	current.ETag, current.Modified = "new", old.Modified.Add(time.Hour)
	fold(t, l, page(0, 1, true, old), ledgertest.Closed(old, stage.Verified, time.Second))
	fold(t, l, page(0, 2, true, current))
	s := summary(t, l)
	if s.Of(stage.Superseded).Objects != 1 || s.InFlight.Objects != 1 || s.Of(stage.Verified).Objects != 0 {
		t.Errorf("after the second listing: %+v", s)
	}
	fold(t, l, ledgertest.Closed(current, stage.Verified, time.Minute))
	if s := summary(t, l); s.Of(stage.Verified).Objects != 1 || !s.Finished() {
		t.Errorf("in the end: %+v", s)
	}
}

// TestVersionsOfOneSecond: a store may keep times in whole seconds, so that two
// versions have the same.
func TestVersionsOfOneSecond(t *testing.T) {
	for _, tag := range []string{"0", "f"} { // before and after the old one's
		l := open(t)
		old := ledgertest.Object(8)
		current := old
		current.ETag = tag
		fold(t, l, page(0, 1, true, old), ledgertest.Closed(old, stage.Superseded, time.Second))
		fold(t, l, ledgertest.Closed(current, stage.Verified, 2*time.Second))
		if s := summary(t, l); s.Of(stage.Superseded).Objects != 1 || s.Of(stage.Verified).Objects != 1 {
			t.Errorf("tag %q: %+v", tag, s)
		}
	}
}

func TestParkedRecords(t *testing.T) {
	l := open(t)
	o := ledgertest.Object(1)
	parked := func(id stage.ObjectID, offset int64) stage.Envelope {
		return stage.Envelope{Run: "r", ID: id, Artifact: stage.Artifact{Transition: &stage.Transition{
			Stage: "hash", Outcome: stage.Parked, At: time.Unix(1, 0), Topic: "t", Offset: offset,
			Failure: &stage.Failure{Class: stage.Poison, Message: "cannot be read"},
		}}}
	}
	fold(t, l, page(0, 1, true, o))
	fold(t, l, parked("", 1), parked("", 1), parked("somebody else's", 2), parked(o.ID(), 3))
	s := summary(t, l)
	if s.Parked != 2 || s.Of(stage.Failed).Objects != 1 || !s.Finished() {
		t.Errorf("got %+v; want two foreign records, and the known object failed", s)
	}
}

func TestGivenUpPageEndsTheRun(t *testing.T) {
	l := open(t)
	e := page(0, 1, false)
	e.Artifact.Transition.Outcome = stage.DeadLettered
	fold(t, l, e)
	if s := summary(t, l); s.GivenUp != 1 || s.Listed || !s.Finished() {
		t.Errorf("a page was given up: %+v", s)
	}
	fold(t, l, page(0, 1, true), e)
	if s := summary(t, l); s.GivenUp != 0 || !s.Listed {
		t.Errorf("after its replay: %+v", s)
	}
}

// TestAnyOrderGivesTheSameRows folds one history in many orders, some events
// twice, and compares all rows and sums (I2, C6).
func TestAnyOrderGivesTheSameRows(t *testing.T) {
	var history []stage.Envelope
	for i := range 12 {
		o := ledgertest.Object(i)
		history = append(history, page(i, 1, i == 11, o), ledgertest.Passed(o, "fetch", time.Second), ledgertest.Passed(o, "hash", 2*time.Second))
		retried := ledgertest.Passed(o, "upload", time.Duration(i)*time.Second)
		retried.Artifact.Transition.Outcome = stage.Retried
		retried.Artifact.Transition.Failure = &stage.Failure{Class: stage.Retryable, Message: "busy"}
		history = append(history, retried)
		switch i % 4 {
		case 0:
			history = append(history, ledgertest.Closed(o, stage.Verified, time.Minute), ledgertest.DeadLettered(o, time.Hour))
		case 1:
			next := o
			next.ETag, next.Modified = "next", o.Modified.Add(time.Second)
			history = append(history, ledgertest.Closed(o, stage.Present, time.Minute), page(i, 2, true, next), ledgertest.Closed(next, stage.Verified, time.Hour))
		case 2:
			history = append(history, ledgertest.DeadLettered(o, time.Minute))
		}
	}
	var want any
	for seed := range uint64(20) {
		l := open(t)
		rng := rand.New(rand.NewPCG(seed, 0))
		rng.Shuffle(len(history), func(i, j int) { history[i], history[j] = history[j], history[i] })
		for i := 0; i < len(history); {
			n := min(1+rng.IntN(5), len(history)-i)
			fold(t, l, history[i:i+n]...)
			i += n
		}
		fold(t, l, history[rng.IntN(len(history))])
		got := map[stage.Disposition][]ledger.Row{}
		for _, d := range append(stage.Dispositions(), "") {
			rows, err := l.Rows(t.Context(), "r", d, 1000)
			if err != nil {
				t.Fatal(err)
			}
			got[d] = rows
		}
		state := []any{got, summary(t, l)}
		if want == nil {
			want = state
		} else if diff := cmp.Diff(want, any(state)); diff != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
		}
	}
}

func TestNeededClaims(t *testing.T) {
	l := open(t)
	o := ledgertest.Object(1)
	needed := func(want bool, when string) {
		t.Helper()
		got, err := l.Needed(t.Context(), stage.NewClaimName(o))
		if err != nil || got != want {
			t.Errorf("%s: needed %v (%v), want %v", when, got, err, want)
		}
	}
	needed(true, "unknown object")
	fold(t, l, ledgertest.Passed(o, "fetch", 0))
	needed(true, "open object")
	fold(t, l, ledgertest.Closed(o, stage.Verified, time.Second))
	needed(false, "closed object")
}

func TestReaderSeesWhatTheWriterFolded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	if _, err := ledger.OpenReader(t.Context(), path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading a ledger that is not there: got %v, want fs.ErrNotExist", err)
	}
	w, err := ledger.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r, err := ledger.OpenReader(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fold(t, w, page(0, 1, true, ledgertest.Object(1)))
	if s := summary(t, r); s.InFlight.Objects != 1 {
		t.Errorf("the reader sees %+v", s)
	}
	if err := r.Fold(t.Context(), page(0, 1, true)); err == nil {
		t.Error("a reader could write")
	}
}

func TestDamagedFileIsHaltedWithAHint(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	if err := os.WriteFile(path, []byte("this is not a database, and long enough to be read as a header of one"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := ledger.Open(t.Context(), path)
	if err == nil || stage.ClassOf(err) != stage.Halted || stage.FailureOf(err).Hint == "" {
		t.Errorf("got %v (%+v), want a halt with a hint", err, stage.FailureOf(err))
	}
}

func BenchmarkFold(b *testing.B) {
	l, err := ledger.Open(b.Context(), filepath.Join(b.TempDir(), "ledger.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	b.RunParallel(func(pb *testing.PB) {
		base := rand.IntN(1 << 40)
		for pb.Next() {
			o := ledgertest.Object(base)
			base++
			if err := l.Fold(b.Context(), ledgertest.Passed(o, "fetch", time.Second)); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
