package engine

import (
	"testing"

	"github.com/longshore/longshore/stages/stage"
)

func TestRouteRefusesWhatBreaksTheContract(t *testing.T) {
	plan := newWorld().plan(t)
	in := object(1)
	claimed := in.With(func(a *stage.Artifact) { a.Claim = &stage.Claim{} })
	closed := in.Close(stage.Verdict{Disposition: stage.Superseded})
	other := object(2).With(func(a *stage.Artifact) { a.Claim = &stage.Claim{} })
	shard := stage.Envelope{Run: "toy", ID: "s", Artifact: stage.Artifact{Shard: &stage.Shard{}}}

	for _, c := range []struct {
		name string
		node string
		in   stage.Envelope
		outs []stage.Envelope
		ok   bool
	}{
		{"an output with the fact it adds", "fetch", in, []stage.Envelope{claimed}, true},
		{"an output without it", "fetch", in, []stage.Envelope{in}, false},
		{"a closed output without it", "fetch", in, []stage.Envelope{closed}, true},
		{"no output", "fetch", in, nil, false},
		{"only another artifact", "fetch", in, []stage.Envelope{other}, false},
		{"its own closed and another begun", "fetch", in, []stage.Envelope{closed, other}, true},
		{"closed twice", "fetch", in, []stage.Envelope{closed, closed}, false},
		{"closed and passed on", "fetch", in, []stage.Envelope{closed, claimed}, false},
		{"passed on and closed", "fetch", in, []stage.Envelope{claimed, closed}, false},
		{"a port that is not declared", "fetch", in, []stage.Envelope{claimed.Via("side")}, false},
		{"the last page of a listing, empty", "list", shard, nil, true},
		{"the next page", "list", shard, []stage.Envelope{shard.Via("next")}, true},
		{"the next page by the main output", "list", shard, []stage.Envelope{shard}, false},
		{"a sink that is done", "audit", in, nil, true},
		{"a sink that passes something on", "audit", in, []stage.Envelope{in}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, _ := plan.Node(c.node)
			_, err := route(n, toyNames, c.in, c.outs)
			if (err == nil) != c.ok {
				t.Fatalf("answered %v", err)
			}
			if err != nil && stage.ClassOf(err) != stage.Poison {
				t.Errorf("answered %s, want poison", stage.ClassOf(err))
			}
		})
	}
}

func TestRouteDecidesWhatStagesDoNot(t *testing.T) {
	plan := newWorld().plan(t)
	fetch, _ := plan.Node("fetch")
	in := object(1)
	in.Doubt, in.Attempt, in.Restarts = true, 4, 2
	claim := func(e stage.Envelope) stage.Envelope {
		return e.With(func(a *stage.Artifact) { a.Claim = &stage.Claim{} })
	}
	newer := claim(in).With(func(a *stage.Artifact) {
		o := *a.Object
		o.ETag = "newer"
		a.Object = &o
	})
	closed := in.Close(stage.Verdict{Disposition: stage.Superseded})
	stranger := claim(object(2))
	stranger.Run, stranger.ID = "other", "wrong"
	r, err := route(fetch, toyNames, in, []stage.Envelope{closed, newer, stranger, stranger})
	if err != nil {
		t.Fatal(err)
	}
	if r.own == nil || len(r.onward) != 3 {
		t.Fatalf("routes %+v", r)
	}
	for _, rec := range r.onward {
		e := rec.env
		if !e.Doubt || e.Attempt != 0 || e.Restarts != 0 || e.Run != "toy" || e.ID != e.Artifact.Object.ID() {
			t.Errorf("passed on %+v", e)
		}
		if rec.topic != "longshore.toy.fetched" {
			t.Errorf("to topic %s", rec.topic)
		}
	}
	if len(r.found) != 2 || r.found[0].ETag != "newer" || r.found[1].Key != toyObject(2).Key {
		t.Errorf("found %+v, want the newer version and the stranger, once each", r.found)
	}
	if got, err := route(fetch, toyNames, in, []stage.Envelope{claim(in)}); err != nil || got.onward[0].env.Restarts != 2 || len(got.found) != 0 {
		t.Errorf("its own output: %+v, %v", got, err)
	}
}

func object(i int) stage.Envelope {
	o := toyObject(i)
	return stage.Envelope{Run: "toy", ID: o.ID(), Artifact: stage.Artifact{Object: o}}
}
