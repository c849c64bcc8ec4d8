package stagetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/longshore/longshore/stages/stage"
)

// Ledger is a ledger in memory: one row an object version, and one a page of a
// listing.
type Ledger struct {
	mu    sync.Mutex
	rows  map[rowKey]row
	pages map[pageKey]bool
}

type rowKey struct {
	run stage.RunID
	id  stage.ObjectID
	rev stage.Revision
}

type row struct {
	verdict stage.Verdict
	by      stage.Transition
}

type pageKey struct {
	run     stage.RunID
	listing int
	prefix  string
	page    int
}

func newLedger() *Ledger {
	return &Ledger{rows: map[rowKey]row{}, pages: map[pageKey]bool{}}
}

// Fold implements stage.Ledger.
func (l *Ledger) Fold(ctx context.Context, events ...stage.Envelope) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, e := range events {
		if e.Artifact.Transition == nil {
			return stage.Poisonf("folding %s: the record carries no transition", e.ID)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range events {
		l.fold(e)
	}
	return nil
}

func (l *Ledger) fold(e stage.Envelope) {
	t := *e.Artifact.Transition
	for _, o := range t.Found {
		k := rowKey{e.Run, o.ID(), o.Revision()}
		if _, known := l.rows[k]; !known {
			l.rows[k] = row{}
		}
	}
	if o := e.Artifact.Object; o != nil {
		k := rowKey{e.Run, o.ID(), o.Revision()}
		l.rows[k] = stronger(l.rows[k], row{verdict: verdictOf(e), by: t})
	}
	if s := e.Artifact.Shard; s != nil {
		k := pageKey{e.Run, s.Listing, s.Prefix, s.Page}
		l.pages[k] = l.pages[k] || t.ShardDone
	}
}

func verdictOf(e stage.Envelope) stage.Verdict {
	t := e.Artifact.Transition
	if e.Closed() {
		return *e.Artifact.Verdict
	}
	if t.Outcome == stage.DeadLettered || t.Outcome == stage.Parked {
		return stage.Verdict{Disposition: stage.Failed}
	}
	return stage.Verdict{}
}

// stronger chooses between two accounts of one version, whichever came first:
// proof before rule before failure before nothing, then the later one.
func stronger(a, b row) row {
	strength := func(r row) int {
		order := []stage.Disposition{"", stage.Failed, stage.Excluded, stage.Superseded, stage.Present, stage.Verified}
		return slices.Index(order, r.verdict.Disposition)
	}
	c := cmp.Or(
		cmp.Compare(strength(a), strength(b)),
		a.by.At.Compare(b.by.At),
		cmp.Compare(a.by.Stage, b.by.Stage),
		cmp.Compare(fmt.Sprint(a.verdict), fmt.Sprint(b.verdict)),
	)
	if c >= 0 {
		return a
	}
	return b
}

// Settled implements stage.Ledger.
func (l *Ledger) Settled(ctx context.Context, objects []stage.Object) (map[stage.ObjectID]stage.Disposition, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	settled := map[stage.ObjectID]stage.Disposition{}
	for k, r := range l.rows {
		isAsked := func(o stage.Object) bool { return o.ID() == k.id && o.Revision() == k.rev }
		switch r.verdict.Disposition {
		case stage.Verified, stage.Present, stage.Excluded:
			if slices.ContainsFunc(objects, isAsked) {
				settled[k.id] = r.verdict.Disposition
			}
		}
	}
	return settled, nil
}

// Disposition is what the ledger holds of an object version; known is whether
// it was ever found.
func (l *Ledger) Disposition(run stage.RunID, o stage.Object) (d stage.Disposition, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, known := l.rows[rowKey{run, o.ID(), o.Revision()}]
	return r.verdict.Disposition, known
}
