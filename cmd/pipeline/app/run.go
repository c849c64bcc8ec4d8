package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/config"
	"github.com/longshore/longshore/internal/observe"
	"github.com/longshore/longshore/internal/report"
	"github.com/longshore/longshore/topology"
)

func (a *app) runCommand() *cobra.Command {
	var flags *configFlags
	c := &cobra.Command{
		Use:   "run --source s3://bucket/prefix --target owner/repository",
		Short: "Move everything, and prove it",
		Long: `Move every object below the source into the target repository, and prove that
each one arrived: the target's SHA-256 is compared with ours, and ours with what
the source says of its own bytes.

Repeat the same command to resume after an interruption of any kind. A
migration that is complete is listed again: what is new or failed is moved,
what was verified is left alone.
` + exitHelp,
		Example: `  pipeline run --source s3://acme-artifacts/releases --target acme/prod
  pipeline run --source s3://acme-artifacts --target acme/prod --state-dir /var/lib/longshore -o json`,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := a.load(flags, config.NeedSource|config.NeedTarget|config.NeedKey)
			if err != nil {
				return err
			}
			return a.run(c.Context(), cfg)
		},
	}
	flags = newConfigFlags(c.Flags())
	flags.tuning()
	return c
}

// run performs one invocation: open, resume or begin, watch, drain, report.
func (a *app) run(ctx context.Context, cfg config.Config) (err error) {
	begun := time.Now()
	plan, err := topology.Compile(topology.Default(), a.specs)
	if err != nil {
		return exitWith(exitUsage, err)
	}
	home, err := cfg.StateHome()
	if err != nil {
		return exitWith(exitUsage, err)
	}
	state, err := openState(home)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, state.close()) }()
	m, err := a.migrationOf(cfg, state)
	if err != nil {
		return err
	}

	log := a.logger().With("run_id", string(m.Run))
	halts := newHalts(cfg.Delivery.HaltTimeout)
	p := &parts{metrics: newMetrics()}
	defer func() { err = errors.Join(err, p.close()) }()
	names := topology.Names{Prefix: cfg.Prefix, Run: m.Run}
	if err := p.openFar(ctx, cfg, &m, log); err != nil {
		return stopped(ctx, err)
	}
	if err := p.openLocal(ctx, cfg, state, plan, names, log); err != nil {
		return stopped(ctx, err)
	}
	if err := m.write(state.record()); err != nil {
		return err
	}
	if err := p.newEngine(ctx, cfg, plan, names, log, halts.set); err != nil {
		return stopped(ctx, err)
	}
	if cfg.MetricsAddr != "" {
		s, err := observe.Listen(cfg.MetricsAddr, p.metrics, p.engine.Ready)
		if err != nil {
			return exitWith(exitUsage, err)
		}
		defer s.Close(context.Background()) //nolint:errcheck // the process ends
	}

	r := &runner{parts: p, migration: m, state: state, halts: halts, show: a.progress(m), begun: begun}
	ended := r.work(ctx)
	doc, err := r.summary(context.WithoutCancel(ctx), ended)
	if err != nil {
		return errors.Join(ended, err)
	}
	if err := report.Write(a.stdout, a.global.output, doc); err != nil {
		return errors.Join(ended, fmt.Errorf("writing the summary: %w", err))
	}
	return errors.Join(ended, verdictOf(doc, ended))
}

// migrationOf reads what the state directory belongs to, or begins a new
// migration there.
func (a *app) migrationOf(cfg config.Config, state *stateDir) (migration, error) {
	want := migration{Run: cfg.RunID(), Source: cfg.Source.URL, Target: cfg.Target.Repository, Format: cfg.Target.Format}
	m, err := readMigration(state.record())
	if errors.Is(err, errNoMigration) {
		return want, nil
	}
	if err != nil {
		return m, err
	}
	return m, m.same(want, state.path)
}

// openFar opens source and target. They come first: nothing is made on disk
// for a source or target that cannot be used.
func (p *parts) openFar(ctx context.Context, cfg config.Config, m *migration, log *slog.Logger) error {
	src, err := openSource(ctx, cfg, log)
	if err != nil {
		return err
	}
	p.source = src
	return p.openTarget(ctx, cfg, &m.ServerSince, log)
}

// stopped turns an error that a signal caused into that signal's own.
func stopped(ctx context.Context, err error) error {
	if i, ok := errors.AsType[interrupted](context.Cause(ctx)); ok {
		return i
	}
	return err
}

// verdictOf is the exit code that a summary stands for.
func verdictOf(doc report.Migration, ended error) error {
	switch {
	case ended != nil || doc.State != report.Completed:
		return nil //nolint:nilerr // the caller has ended already
	case doc.Objects.Failed > 0 || doc.ParkedRecords > 0 || !doc.Listed:
		return exitWith(exitSomeFailed, fmt.Errorf("finished, but %d objects failed and %d records could not be read: "+
			"mend the causes and repeat the command, which tries the failed ones again", doc.Objects.Failed, doc.ParkedRecords))
	}
	return nil
}
