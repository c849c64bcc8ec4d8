package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/longshore/longshore/internal/bus/embedded"
	"github.com/longshore/longshore/internal/config"
	"github.com/longshore/longshore/internal/engine"
	"github.com/longshore/longshore/internal/format"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/observe"
	"github.com/longshore/longshore/internal/source/s3"
	"github.com/longshore/longshore/internal/staging/dir"
	"github.com/longshore/longshore/internal/target/cloudsmith"
	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/topology"
)

// This file is the only place that names every driver: another source, target,
// staging area, bus or ledger is put in here and nowhere else.

// parts are the drivers and the engine of one run, in the order in which they
// were opened.
type parts struct {
	source  *s3.Source
	target  *cloudsmith.Target
	staging *dir.Staging
	ledger  *ledger.Ledger
	bus     *embedded.Bus
	engine  *engine.Engine
	metrics *prometheus.Registry
	// preflight is what the checks cost in requests.
	preflight int64
}

// openSource opens the source and checks that it can be listed.
func openSource(ctx context.Context, cfg config.Config, log *slog.Logger) (*s3.Source, error) {
	bucket, prefix, err := cfg.Source.Location()
	if err != nil {
		return nil, exitWith(exitUsage, err)
	}
	src, err := s3.Open(ctx, s3.Options{
		Bucket: bucket, Prefix: prefix, BufferBytes: int64(cfg.Source.Buffer), ReadTimeout: cfg.Source.ReadTimeout, Log: log,
	})
	if err != nil {
		return nil, exitWith(exitUsage, fmt.Errorf("opening the source: %w", err))
	}
	if err := src.Check(ctx); err != nil {
		return nil, exitWith(exitPreflight, fmt.Errorf("checking the source %s: %w", cfg.Source.URL, err))
	}
	return src, nil
}

// openTarget opens the target. since is when the migration began; a migration
// that begins now has no time yet and gets it from the server.
func (p *parts) openTarget(ctx context.Context, cfg config.Config, since *time.Time, log *slog.Logger) error {
	owner, repo, err := cfg.Target.OwnerRepo()
	if err != nil {
		return exitWith(exitUsage, err)
	}
	o := cloudsmith.Options{
		APIHost: cfg.Target.APIHost, UploadHost: cfg.Target.UploadHost, APIKey: cfg.Target.APIKey.Reveal(),
		Owner: owner, Repo: repo, Since: *since,
		MultipartThreshold: int64(cfg.Target.MultipartThreshold), PartSize: int64(cfg.Target.PartSize),
		Workers: topology.Partitions(cfg.Strategy) + 2, UserAgent: "longshore/" + buildInfo().Version,
		Log: log, Registerer: p.metrics,
	}
	t, err := cloudsmith.Open(o)
	if err != nil {
		return exitWith(exitUsage, fmt.Errorf("opening the target: %w", err))
	}
	account, err := t.Check(ctx)
	p.preflight = t.Stats().Total
	if err != nil {
		return errors.Join(exitWith(exitPreflight, fmt.Errorf("checking the target %s: %w", cfg.Target.Repository, err)), t.Close())
	}
	if since.IsZero() {
		*since = account.ServerTime
		o.Since = account.ServerTime
		if err := t.Close(); err != nil {
			return err
		}
		if t, err = cloudsmith.Open(o); err != nil {
			return fmt.Errorf("opening the target: %w", err)
		}
	} else {
		p.preflight = 0 // still counted by t
	}
	p.target = t
	return nil
}

// requests is what the target was asked by this process.
func (p *parts) requests() int64 {
	if p.target == nil {
		return p.preflight
	}
	return p.preflight + p.target.Stats().Total
}

// openLocal opens what lies in the state directory.
func (p *parts) openLocal(ctx context.Context, cfg config.Config, state *stateDir, plan *topology.Plan, names topology.Names, log *slog.Logger) (err error) {
	if p.ledger, err = ledger.Open(ctx, state.ledger()); err != nil {
		return err
	}
	where := cfg.Staging.Dir
	if where == "" {
		where = state.staging()
	}
	if p.staging, err = dir.Open(dir.Options{Dir: where, Quota: int64(cfg.Staging.Quota), Log: log}); err != nil {
		return fmt.Errorf("opening the staging directory: %w", err)
	}
	var asked error
	_, _, err = p.staging.Sweep(ctx, func(name stage.ClaimName) bool {
		needed, err := p.ledger.Needed(ctx, name)
		asked = errors.Join(asked, err)
		return needed
	})
	if err := errors.Join(err, asked); err != nil {
		return fmt.Errorf("sweeping the staging directory: %w", err)
	}
	if p.bus, err = embedded.Open(ctx, embedded.Options{Dir: state.broker(), Logger: log, Trim: handled(plan, names)}); err != nil {
		return diskHint(err)
	}
	return nil
}

// handled lists the topics whose records are of no use once their reader has
// committed them. The audit topic is kept: the ledger can be made again from
// it.
func handled(plan *topology.Plan, names topology.Names) map[string][]string {
	trim := map[string][]string{}
	for topic, group := range engine.Readers(plan, names) {
		if topic != names.Topic(plan.Audit) {
			trim[topic] = []string{group}
		}
	}
	return trim
}

// newEngine puts everything together.
func (p *parts) newEngine(ctx context.Context, cfg config.Config, plan *topology.Plan, names topology.Names, log *slog.Logger, onHalt func(string, error)) error {
	policy := engine.DefaultPolicy()
	policy.Attempts = cfg.Delivery.Attempts
	e, err := engine.New(ctx, engine.Options{
		Plan: plan, Names: names, Bus: p.bus,
		Strategy: cfg.Strategy, Policy: policy, DrainTimeout: cfg.Delivery.DrainTimeout,
		Log: log, Registerer: p.metrics, OnHalt: onHalt,
		Env: func(name string) stage.Env {
			return stage.Env{
				Source: p.source, Target: p.target, Staging: p.staging, Ledger: p.ledger,
				Log: log.With("stage", name), Decode: decoder(cfg, name),
			}
		},
	})
	if err != nil {
		return err
	}
	p.engine = e
	return nil
}

// decoder reads a stage's section; the mapping of keys to packages is a
// setting of the target that two stages need.
func decoder(cfg config.Config, name string) func(any) error {
	return func(into any) error {
		if m, ok := into.(*format.Mapping); ok {
			m.Format = cfg.Target.Format
		}
		return exitWith(exitUsage, cfg.DecodeStage(name, into))
	}
}

// close closes what was opened, the last one first.
func (p *parts) close() error {
	var errs []error
	if p.bus != nil {
		errs = append(errs, p.bus.Close())
	}
	if p.target != nil {
		errs = append(errs, p.target.Close())
	}
	if p.ledger != nil {
		errs = append(errs, p.ledger.Close())
	}
	return errors.Join(errs...)
}

// newMetrics makes the registry of this process.
func newMetrics() *prometheus.Registry {
	v := buildInfo()
	return observe.NewRegistry(v.Version, v.Commit)
}
