package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/report"
	"github.com/longshore/longshore/stages/stage"
)

// runner watches the engine until the books are closed, a person must act, or
// a signal comes.
type runner struct {
	*parts
	migration migration
	state     *stateDir
	halts     *halts
	show      progress
	begun     time.Time
	// closedBefore are the packages that earlier invocations closed.
	closedBefore int64
}

// watchInterval is how often the ledger is asked.
const watchInterval = 250 * time.Millisecond

// settleTime is how long a finished run waits for messages that a crash left
// doubled in the topics; the next run would find them otherwise, which costs
// it a look each.
const settleTime = 15 * time.Second

// work runs the engine to the end and drains it. It returns nil when the
// migration is complete.
func (r *runner) work(ctx context.Context) error {
	before, err := r.ledger.Summary(ctx, r.migration.Run)
	if err != nil {
		return stopped(ctx, err)
	}
	r.closedBefore = packages(before)

	engineCtx, stopEngine := context.WithCancelCause(context.WithoutCancel(ctx))
	engineDone := make(chan error, 1)
	go func() { engineDone <- r.engine.Run(engineCtx) }()

	watched := make(chan error, 1)
	watchCtx, stopWatch := context.WithCancelCause(ctx)
	defer stopWatch(nil)
	go func() { watched <- r.watch(watchCtx, before) }()

	var ended, engineErr error
	select {
	case ended = <-watched:
		stopEngine(nil)
		r.show.draining()
		engineErr = <-engineDone
	case engineErr = <-engineDone:
		// The engine gave up by itself: it lost the bus.
		stopWatch(engineErr)
		ended = <-watched
		stopEngine(nil)
	}
	r.show.close()
	if engineErr != nil {
		engineErr = fmt.Errorf("running the stages: %w", engineErr)
	}
	return errors.Join(ended, engineErr)
}

// watch begins a listing if one is due and returns when the migration is
// complete.
func (r *runner) watch(ctx context.Context, before ledger.Summary) error {
	if err := r.announce(ctx, before); err != nil {
		return stopped(ctx, err)
	}
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	var finished time.Time
	for {
		select {
		case <-ctx.Done():
			return stopped(ctx, context.Cause(ctx))
		case err := <-r.halts.expired:
			return exitWith(exitTemporary, err)
		case now := <-tick.C:
			s, err := r.ledger.Summary(ctx, r.migration.Run)
			if err != nil {
				return stopped(ctx, err)
			}
			r.show.update(s, r.engine.Status())
			if !r.complete(s) {
				continue
			}
			if finished.IsZero() {
				finished = now
			}
			if now.Sub(finished) > settleTime || r.idle(ctx) {
				return nil
			}
		}
	}
}

// announce publishes the first record of a listing where that is due: at the
// beginning, when it is not certain that an earlier process got that far, and
// when everything that was listed is done.
func (r *runner) announce(ctx context.Context, s ledger.Summary) error {
	if r.migration.Announced && !r.complete(s) {
		return nil
	}
	r.migration.Listing++
	r.migration.Announced = false
	if err := r.migration.write(r.state.record()); err != nil {
		return err
	}
	_, prefix, err := splitSource(r.migration.Source)
	if err != nil {
		return err
	}
	if err := r.engine.Start(ctx, stage.Shard{Prefix: prefix, Listing: r.migration.Listing}); err != nil {
		return err
	}
	r.migration.Announced = true
	return r.migration.write(r.state.record())
}

// complete says that the books of the current listing are closed.
func (r *runner) complete(s ledger.Summary) bool {
	return s.Finished() && s.Listings >= r.migration.Listing
}

// idle says that no message is left in any topic of the flow.
func (r *runner) idle(ctx context.Context) bool {
	for _, s := range r.engine.Status() {
		if s.InFlight > 0 {
			return false
		}
	}
	lag, err := r.engine.Lag(ctx)
	return err == nil && lag == 0
}

// packages counts what the target holds.
func packages(s ledger.Summary) int64 {
	return s.Of(stage.Verified).Objects + s.Of(stage.Present).Objects
}

// maxFailures bounds the failures of a summary.
const maxFailures = 20

// summary makes the final document.
func (r *runner) summary(ctx context.Context, ended error) (report.Migration, error) {
	doc, s, err := describe(ctx, r.ledger, r.migration)
	if err != nil {
		return doc, err
	}
	var i interrupted
	switch {
	case errors.As(ended, &i):
		doc.State = report.Interrupted
	case ended != nil:
		doc.State = report.Halted
	}
	doc.Work = &report.Work{
		APIRequests: r.requests(), Packages: packages(s) - r.closedBefore, DurationSeconds: time.Since(r.begun).Seconds(),
	}
	if doc.Packages > 0 {
		doc.APIRequestsPerPackage = float64(doc.APIRequests) / float64(doc.Packages)
	}
	return doc, nil
}

// describe reads the state of a migration from its ledger.
func describe(ctx context.Context, l *ledger.Ledger, m migration) (report.Migration, ledger.Summary, error) {
	s, err := l.Summary(ctx, m.Run)
	if err != nil {
		return report.Migration{}, s, err
	}
	failed, err := l.Rows(ctx, m.Run, stage.Failed, maxFailures)
	if err != nil {
		return report.Migration{}, s, err
	}
	doc := report.NewMigration(m.Run, m.Source, m.Target, s, failed)
	if s.Listings < m.Listing {
		doc.State, doc.Listed = report.Running, false // the current listing has not begun yet
	}
	return doc, s, nil
}
