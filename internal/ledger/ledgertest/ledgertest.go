// Package ledgertest is the suite that every stage.Ledger passes: drivers and
// fakes alike.
package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// Run checks the promises of stage.Ledger. open returns a new, empty ledger.
func Run(t *testing.T, open func(t *testing.T) stage.Ledger) {
	t.Helper()
	for _, tc := range []struct {
		name string
		test func(*testing.T, stage.Ledger)
	}{
		{"an object that nobody closed is not settled", openIsNotSettled},
		{"verified, present and excluded are settled", closedIsSettled},
		{"failed and superseded are not settled", failedIsNotSettled},
		{"another revision of a settled object is not settled", otherRevision},
		{"folding twice changes nothing", foldTwice},
		{"the order of folding does not matter", foldOrder},
		{"proof is stronger than an earlier failure", proofIsStronger},
		{"a record without a transition is poison and folds nothing", noTransition},
		{"many callers at once lose nothing", concurrent},
		{"an ended context is an error", endedContext},
		{"folding nothing is fine", foldNothing},
	} {
		t.Run(tc.name, func(t *testing.T) { tc.test(t, open(t)) })
	}
}

// epoch is when the suite's events happen.
var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// Object makes the n-th object of the suite.
func Object(n int) stage.Object {
	return stage.Object{Bucket: "b", Key: fmt.Sprintf("dir/key-%04d", n), Size: int64(n) + 1, ETag: fmt.Sprintf("%032x", n), Modified: epoch}
}

// Found is the event of a listing that brought objects into the flow.
func Found(objects ...stage.Object) stage.Envelope {
	return stage.Envelope{Run: "r", ID: "shard", Artifact: stage.Artifact{
		Shard:      &stage.Shard{Listing: 1},
		Transition: &stage.Transition{Stage: "enumerate", Outcome: stage.Passed, At: epoch, Found: objects, ShardDone: true},
	}}
}

// Passed is the event of an object that went through a stage and stays open.
func Passed(o stage.Object, stageName string, after time.Duration) stage.Envelope {
	return stage.Envelope{Run: "r", ID: o.ID(), Artifact: stage.Artifact{
		Object:     &o,
		Transition: &stage.Transition{Stage: stageName, Outcome: stage.Passed, At: epoch.Add(after)},
	}}
}

// Closed is the event of an object that left the flow.
func Closed(o stage.Object, d stage.Disposition, after time.Duration) stage.Envelope {
	e := Passed(o, "verify", after)
	e.Artifact.Transition.Outcome = stage.Closed
	return e.Close(stage.Verdict{Disposition: d, Reason: "because"})
}

// DeadLettered is the event of an object that was given up.
func DeadLettered(o stage.Object, after time.Duration) stage.Envelope {
	e := Passed(o, "upload", after)
	e.Artifact.Transition.Outcome = stage.DeadLettered
	e.Artifact.Transition.Failure = &stage.Failure{Class: stage.Permanent, Code: "test", Message: "no", Hint: "do something"}
	return e
}

func fold(t *testing.T, l stage.Ledger, events ...stage.Envelope) {
	t.Helper()
	if err := l.Fold(t.Context(), events...); err != nil {
		t.Fatalf("folding: %v", err)
	}
}

func wantSettled(t *testing.T, l stage.Ledger, ask []stage.Object, want map[stage.ObjectID]stage.Disposition) {
	t.Helper()
	got, err := l.Settled(t.Context(), ask)
	if err != nil {
		t.Fatalf("asking what is settled: %v", err)
	}
	if len(got) != len(want) || !maps.Equal(got, want) && len(want) > 0 {
		t.Errorf("settled: got %v, want %v", got, want)
	}
}

func openIsNotSettled(t *testing.T, l stage.Ledger) {
	o := Object(1)
	wantSettled(t, l, []stage.Object{o}, nil)
	fold(t, l, Found(o), Passed(o, "fetch", time.Second))
	wantSettled(t, l, []stage.Object{o}, nil)
}

func closedIsSettled(t *testing.T, l stage.Ledger) {
	want := map[stage.ObjectID]stage.Disposition{}
	var ask []stage.Object
	for i, d := range []stage.Disposition{stage.Verified, stage.Present, stage.Excluded} {
		o := Object(i)
		fold(t, l, Found(o), Closed(o, d, time.Second))
		want[o.ID()] = d
		ask = append(ask, o)
	}
	wantSettled(t, l, append(ask, Object(99)), want)
}

func failedIsNotSettled(t *testing.T, l stage.Ledger) {
	a, b := Object(1), Object(2)
	fold(t, l, Found(a, b), DeadLettered(a, time.Second), Closed(b, stage.Superseded, time.Second))
	wantSettled(t, l, []stage.Object{a, b}, nil)
}

func otherRevision(t *testing.T, l stage.Ledger) {
	o := Object(1)
	fold(t, l, Closed(o, stage.Verified, time.Second))
	o.ETag = "another"
	wantSettled(t, l, []stage.Object{o}, nil)
}

func foldTwice(t *testing.T, l stage.Ledger) {
	o := Object(1)
	for range 2 {
		fold(t, l, Found(o), Closed(o, stage.Verified, time.Second))
	}
	wantSettled(t, l, []stage.Object{o}, map[stage.ObjectID]stage.Disposition{o.ID(): stage.Verified})
}

func foldOrder(t *testing.T, l stage.Ledger) {
	o := Object(1)
	fold(t, l, Closed(o, stage.Verified, 3*time.Second))
	fold(t, l, Passed(o, "upload", 2*time.Second))
	fold(t, l, Found(o))
	wantSettled(t, l, []stage.Object{o}, map[stage.ObjectID]stage.Disposition{o.ID(): stage.Verified})
}

func proofIsStronger(t *testing.T, l stage.Ledger) {
	a, b := Object(1), Object(2)
	fold(t, l, DeadLettered(a, time.Second), Closed(a, stage.Verified, 2*time.Second))
	fold(t, l, Closed(b, stage.Verified, time.Second), DeadLettered(b, 2*time.Second))
	wantSettled(t, l, []stage.Object{a, b}, map[stage.ObjectID]stage.Disposition{a.ID(): stage.Verified, b.ID(): stage.Verified})
}

func noTransition(t *testing.T, l stage.Ledger) {
	o := Object(1)
	bad := Closed(Object(2), stage.Verified, 0)
	bad.Artifact.Transition = nil
	err := l.Fold(t.Context(), Closed(o, stage.Verified, 0), bad)
	if err == nil || stage.ClassOf(err) != stage.Poison {
		t.Fatalf("got %v, want an error of class poison", err)
	}
	wantSettled(t, l, []stage.Object{o}, nil)
}

func concurrent(t *testing.T, l stage.Ledger) {
	const callers, each = 8, 20
	var wg sync.WaitGroup
	var ask []stage.Object
	want := map[stage.ObjectID]stage.Disposition{}
	for c := range callers {
		for i := range each {
			o := Object(c*each + i)
			ask = append(ask, o)
			want[o.ID()] = stage.Verified
		}
		wg.Go(func() {
			for i := range each {
				o := Object(c*each + i)
				if err := l.Fold(t.Context(), Found(o), Closed(o, stage.Verified, time.Second)); err != nil {
					t.Errorf("folding at the same time as others: %v", err)
				}
			}
		})
	}
	wg.Wait()
	wantSettled(t, l, ask, want)
}

func endedContext(t *testing.T, l stage.Ledger) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Fold(ctx, Found(Object(1))); !errors.Is(err, context.Canceled) {
		t.Errorf("Fold: got %v, want context.Canceled", err)
	}
	if _, err := l.Settled(ctx, []stage.Object{Object(1)}); !errors.Is(err, context.Canceled) {
		t.Errorf("Settled: got %v, want context.Canceled", err)
	}
}

func foldNothing(t *testing.T, l stage.Ledger) { fold(t, l) }
