package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/longshore/longshore/stages/stage"
)

// Fold implements stage.Ledger. An envelope without a transition is refused as
// Poison; the others of the call are then not folded either.
func (l *Ledger) Fold(ctx context.Context, events ...stage.Envelope) error {
	for _, e := range events {
		if e.Artifact.Transition == nil {
			return stage.Poisonf("folding %s: the record carries no transition", e.ID)
		}
	}
	if len(events) == 0 {
		return nil
	}
	if l.writer == nil {
		return errors.New("folding into a ledger that was opened for reading")
	}
	return l.batch.do(ctx, events, l.commit)
}

// commit folds events in one transaction.
func (l *Ledger) commit(ctx context.Context, events []stage.Envelope) error {
	tx, err := l.writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning a ledger transaction: %w", diskClass(err))
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it answers ErrTxDone, and before it the first error is the one to tell
	f := &folder{ctx: ctx, do: l.write.in(ctx, tx), objects: map[objectKey]*versions{}}
	for _, e := range events {
		if err := f.add(e); err != nil {
			return fmt.Errorf("folding %s: %w", e.ID, diskClass(err))
		}
	}
	if err := f.flush(); err != nil {
		return fmt.Errorf("writing the ledger: %w", diskClass(err))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("committing the ledger: %w", diskClass(err))
	}
	return nil
}

type objectKey struct {
	run stage.RunID
	id  stage.ObjectID
}

// versions are the rows of one object: as they were read, and as they are now.
type versions struct {
	before, now []Row
}

func (v *versions) row(o stage.Object) *Row {
	rev := o.Revision()
	for i := range v.now {
		if v.now[i].Revision == rev {
			return &v.now[i]
		}
	}
	v.now = append(v.now, fromObject(o))
	return &v.now[len(v.now)-1]
}

// folder gathers the changes of one transaction, so that an object that many
// events are about is read and written once.
type folder struct {
	ctx     context.Context //nolint:containedctx // lives for one transaction
	do      statements
	objects map[objectKey]*versions
}

func (f *folder) add(e stage.Envelope) error {
	a, t := e.Artifact, e.Artifact.Transition
	for _, o := range t.Found {
		v, err := f.versions(e.Run, o.ID())
		if err != nil {
			return err
		}
		v.row(o)
	}
	switch {
	case a.Object != nil:
		v, err := f.versions(e.Run, a.Object.ID())
		if err != nil {
			return err
		}
		r := v.row(*a.Object)
		*r = merge(*r, e)
	case a.Shard != nil:
		return f.addPage(e.Run, *a.Shard, *t)
	case t.Outcome == stage.Parked:
		return f.addParked(e)
	}
	return nil
}

// States of a page, ordered so that the larger one stands: a page that was
// given up may be replayed and listed after all.
const (
	pageGivenUp = -1
	pageListed  = 0
	pageLast    = 1
)

// addPage notes a page of a listing. One that only waits for another try is no
// news.
func (f *folder) addPage(run stage.RunID, s stage.Shard, t stage.Transition) error {
	state := pageListed
	switch {
	case t.Outcome == stage.DeadLettered || t.Outcome == stage.Parked:
		state = pageGivenUp
	case t.Outcome != stage.Passed && t.Outcome != stage.Closed:
		return nil
	case t.ShardDone:
		state = pageLast
	}
	_, err := f.do.page.ExecContext(f.ctx,
		string(run), s.Listing, s.Prefix, s.Page, state)
	return err
}

// addParked notes a record that could not be read. Where its key is that of a
// known object, the object's open versions have failed: nothing else will ever
// close them.
func (f *folder) addParked(e stage.Envelope) error {
	t := e.Artifact.Transition
	reason := ""
	if t.Failure != nil {
		reason = t.Failure.Message
	}
	v, err := f.versions(e.Run, e.ID)
	if err != nil {
		return err
	}
	for i := range v.now {
		if v.now[i].Verdict == "" {
			v.now[i] = merge(v.now[i], e)
		}
	}
	if len(v.now) > 0 {
		return nil
	}
	_, err = f.do.parked.ExecContext(f.ctx, string(e.Run), t.Topic, t.Partition, t.Offset, reason)
	return err
}

func (f *folder) versions(run stage.RunID, id stage.ObjectID) (*versions, error) {
	k := objectKey{run, id}
	if v, ok := f.objects[k]; ok {
		return v, nil
	}
	rows, err := f.rowsOf(run, id)
	if err != nil {
		return nil, err
	}
	v := &versions{before: rows, now: append([]Row(nil), rows...)}
	f.objects[k] = v
	return v, nil
}

func (f *folder) rowsOf(run stage.RunID, id stage.ObjectID) ([]Row, error) {
	rows, err := f.do.rows.QueryContext(f.ctx, string(run), string(id))
	if err != nil {
		return nil, err
	}
	return readRows(rows)
}
