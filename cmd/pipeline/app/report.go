package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/config"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/report"
	"github.com/longshore/longshore/stages/stage"
)

func (a *app) reportCommand() *cobra.Command {
	var flags *configFlags
	var out string
	c := &cobra.Command{
		Use:   "report",
		Short: "List the fate of every object, with its evidence",
		Long: `List the fate of every object version, with its evidence: disposition, what the
source's checksum proved, our SHA-256 and the target's, the package's id, the
reason of what failed. One line an object, as NDJSON or CSV (-o), to stdout or
to a file; names that end in .zst or .gz are compressed.
` + exitHelp,
		Example: `  pipeline report --state-dir /var/lib/longshore --out proof.ndjson.zst
  pipeline report --source s3://acme-artifacts --target acme/prod -o csv`,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := a.load(flags, 0)
			if err != nil {
				return err
			}
			return a.report(c.Context(), cfg, reportFormat(a.global.output, out), out)
		},
	}
	flags = newConfigFlags(c.Flags())
	c.Flags().StringVar(&out, "out", "", "`file` to write (default: stdout)")
	return c
}

// reportFormat is NDJSON unless the flag or the file's name says CSV.
func reportFormat(output, out string) string {
	switch {
	case output != "table":
		return output
	case strings.HasSuffix(strings.TrimSuffix(strings.TrimSuffix(out, ".zst"), ".gz"), ".csv"):
		return "csv"
	}
	return "ndjson"
}

func (a *app) report(ctx context.Context, cfg config.Config, format, out string) (err error) {
	m, l, err := a.openMigration(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	w, done, err := a.output(out)
	if err != nil {
		return err
	}
	if err := writeObjects(ctx, l, m.Run, w, format, out); err != nil {
		return errors.Join(err, done())
	}
	return done()
}

// output opens the file to write, or stdout.
func (a *app) output(out string) (w io.Writer, done func() error, err error) {
	if out == "" {
		return a.stdout, func() error { return nil }, nil
	}
	f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, nil, exitWith(exitUsage, fmt.Errorf("report: %w: correct --out", err))
	}
	return f, f.Close, nil
}

func writeObjects(ctx context.Context, l *ledger.Ledger, run stage.RunID, w io.Writer, format, name string) error {
	z, err := report.Compress(w, name)
	if err != nil {
		return err
	}
	o, err := report.NewObjects(z, format)
	if err != nil {
		return exitWith(exitUsage, err)
	}
	if err := l.Each(ctx, run, o.Add); err != nil {
		return fmt.Errorf("writing the report: %w", diskHint(err))
	}
	if err := errors.Join(o.Close(), z.Close()); err != nil {
		return fmt.Errorf("writing the report: %w", diskHint(err))
	}
	return nil
}
