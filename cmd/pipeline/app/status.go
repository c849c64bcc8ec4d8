package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/config"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/report"
)

func (a *app) statusCommand() *cobra.Command {
	var flags *configFlags
	c := &cobra.Command{
		Use:   "status",
		Short: "Show how far a migration is, from its ledger",
		Long: `Show how far a migration is. It reads the ledger in the state directory, also
while a run is at work there. Name the migration by --state-dir, or by the same
--source and --target as the run.
` + exitHelp,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := a.load(flags, 0)
			if err != nil {
				return err
			}
			return a.status(c.Context(), cfg)
		},
	}
	flags = newConfigFlags(c.Flags())
	return c
}

func (a *app) status(ctx context.Context, cfg config.Config) (err error) {
	m, l, err := a.openMigration(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	doc, _, err := describe(ctx, l, m)
	if err != nil {
		return err
	}
	if err := report.Write(a.stdout, a.global.output, doc); err != nil {
		return fmt.Errorf("writing the status: %w", err)
	}
	if a.global.output == "table" && !a.global.quiet {
		fmt.Fprintln(a.stderr, "read from the ledger in the state directory")
	}
	return nil
}

// openMigration opens the ledger of the migration that the settings name, for
// reading.
func (a *app) openMigration(ctx context.Context, cfg config.Config) (migration, *ledger.Ledger, error) {
	if cfg.StateDir == "" {
		if err := cfg.Validate(config.NeedSource | config.NeedTarget); err != nil {
			return migration{}, nil, exitWith(exitUsage, fmt.Errorf("which migration: set --state-dir, or the --source and --target of the run\n%w", err))
		}
	}
	home, err := cfg.StateHome()
	if err != nil {
		return migration{}, nil, exitWith(exitUsage, err)
	}
	state := &stateDir{path: home}
	m, err := readMigration(state.record())
	if errors.Is(err, errNoMigration) {
		return m, nil, exitWith(exitUsage, fmt.Errorf("%s holds no migration: correct --state-dir, or begin one with pipeline run", home))
	}
	if err != nil {
		return m, nil, err
	}
	l, err := ledger.OpenReader(ctx, state.ledger())
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil, exitWith(exitUsage, fmt.Errorf("%s holds no ledger yet: the run has not begun to work", home))
	}
	return m, l, err
}

// splitSource splits the source's URL of a recorded migration.
func splitSource(source string) (bucket, prefix string, err error) {
	return config.Source{URL: strings.TrimSpace(source)}.Location()
}
