package engine

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/topology"
)

// world is a small migration: list finds objects, fetch claims them, send
// publishes them, check closes them, audit folds. What a test wants to go
// wrong it puts in front of a stage with does.
type world struct {
	pages, page int
	size        int64
	excluded    string // the key of an object that list closes
	compiled    *topology.Plan

	mu      sync.Mutex
	before  map[string]func(ctx context.Context, in stage.Envelope) error
	handled map[string][]stage.Envelope
	events  []stage.Envelope
	closed  map[string]bool
}

func newWorld() *world {
	return &world{
		pages: 1, page: 10, before: map[string]func(context.Context, stage.Envelope) error{},
		handled: map[string][]stage.Envelope{}, closed: map[string]bool{},
	}
}

func (w *world) does(stageName string, f func(ctx context.Context, in stage.Envelope) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before[stageName] = f
}

// calls are the envelopes that the stage was called with and got through.
func (w *world) calls(stageName string) []stage.Envelope {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]stage.Envelope(nil), w.handled[stageName]...)
}

const toyFlow = `
entry: shards
flow:
  - list.next -> shards -> list
  - list  -> found   -> fetch
  - fetch -> fetched -> send
  - send  -> sent    -> check
  - check -> audit   -> audit
`

func (w *world) plan(t testing.TB) *topology.Plan {
	t.Helper()
	if w.compiled != nil {
		return w.compiled
	}
	g, err := topology.Parse("toy.yaml", []byte(toyFlow))
	if err != nil {
		t.Fatal(err)
	}
	if w.compiled, err = topology.Compile(g, w.specs()); err != nil {
		t.Fatal(err)
	}
	return w.compiled
}

func (w *world) specs() []stage.Spec {
	one := func(f func(*stage.Artifact)) func(stage.Envelope) []stage.Envelope {
		return func(in stage.Envelope) []stage.Envelope { return []stage.Envelope{in.With(f)} }
	}
	return []stage.Spec{
		w.spec("list", []stage.Fact{stage.FactShard}, []stage.Fact{stage.FactObject}, w.list),
		w.spec("fetch", []stage.Fact{stage.FactObject}, []stage.Fact{stage.FactClaim}, one(func(a *stage.Artifact) {
			a.Claim = &stage.Claim{Name: stage.NewClaimName(*a.Object)}
		})),
		w.spec("send", []stage.Fact{stage.FactObject, stage.FactClaim}, []stage.Fact{stage.FactPackage}, one(func(a *stage.Artifact) {
			a.Package = &stage.Package{ID: a.Object.Key}
		})),
		w.spec("check", []stage.Fact{stage.FactObject, stage.FactPackage}, []stage.Fact{stage.FactVerdict}, one(func(a *stage.Artifact) {
			a.Verdict = &stage.Verdict{Disposition: stage.Verified}
		})),
		w.spec("audit", []stage.Fact{stage.FactTransition}, nil, func(in stage.Envelope) []stage.Envelope {
			w.events = append(w.events, in)
			return nil
		}),
	}
}

func (w *world) spec(name string, needs, adds []stage.Fact, out func(stage.Envelope) []stage.Envelope) stage.Spec {
	s := stage.Spec{
		Name: name, Doc: "a toy", Needs: needs, Adds: adds,
		Sink: name == "audit", Effects: name == "send",
		New: func(stage.Env) (stage.Handler, error) { return &toy{w, name, out}, nil },
	}
	if name == "list" {
		s.Ports = []string{"next"}
	}
	return s
}

// list emits a page of objects, and the shard of the next page.
func (w *world) list(in stage.Envelope) []stage.Envelope {
	s := *in.Artifact.Shard
	var outs []stage.Envelope
	for i := range w.page {
		outs = append(outs, in.With(func(a *stage.Artifact) {
			a.Shard = nil
			a.Object = toyObject(s.Page*w.page + i)
			a.Object.Size = w.size
		}))
		if last := len(outs) - 1; outs[last].Artifact.Object.Key == w.excluded {
			outs[last] = outs[last].Close(stage.Verdict{Disposition: stage.Excluded, Reason: "by rule"})
		}
	}
	if s.Page+1 < w.pages {
		outs = append(outs, in.With(func(a *stage.Artifact) {
			s.Page++
			a.Shard = &s
		}).Via("next"))
	}
	return outs
}

func toyObject(i int) *stage.Object {
	return &stage.Object{Bucket: "b", Key: fmt.Sprintf("k%04d", i), ETag: "e"}
}

type toy struct {
	w    *world
	name string
	out  func(stage.Envelope) []stage.Envelope
}

func (y *toy) Handle(ctx context.Context, in stage.Envelope) ([]stage.Envelope, error) {
	y.w.mu.Lock()
	before := y.w.before[y.name]
	y.w.mu.Unlock()
	if before != nil {
		if err := before(ctx, in); err != nil {
			return nil, err
		}
	}
	y.w.mu.Lock()
	defer y.w.mu.Unlock()
	y.w.handled[y.name] = append(y.w.handled[y.name], in)
	return y.out(in), nil
}

func (y *toy) Close() error {
	y.w.mu.Lock()
	defer y.w.mu.Unlock()
	y.w.closed[y.name] = true
	return nil
}

// outcomes counts the transitions of a stage by outcome.
func (w *world) outcomes(stageName string) map[stage.Outcome]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := map[stage.Outcome]int{}
	for _, e := range w.events {
		if t := e.Artifact.Transition; t.Stage == stageName {
			n[t.Outcome]++
		}
	}
	return n
}

// books are what a ledger would make of the events: every version that was
// found, and every version with its disposition.
func (w *world) books() (found map[string]bool, ends map[string]map[stage.Disposition]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	found, ends = map[string]bool{}, map[string]map[stage.Disposition]bool{}
	name := func(o stage.Object) string { return o.Key + "@" + string(o.Revision()) }
	for _, e := range w.events {
		t := e.Artifact.Transition
		for _, o := range t.Found {
			found[name(o)] = true
		}
		o := e.Artifact.Object
		if o == nil {
			continue
		}
		var d stage.Disposition
		switch {
		case e.Artifact.Verdict != nil:
			d = e.Artifact.Verdict.Disposition
		case t.Outcome == stage.DeadLettered || t.Outcome == stage.Parked:
			d = stage.Failed
		default:
			continue
		}
		if ends[name(*o)] == nil {
			ends[name(*o)] = map[stage.Disposition]bool{}
		}
		ends[name(*o)][d] = true
	}
	return found, ends
}
