// Package app is the command line: one file a subcommand, and wire.go, the
// only place that names every driver. Data goes to stdout, progress and
// messages to stderr.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/stages/stage"
)

// Main runs the command line and returns the exit code. A first SIGINT or
// SIGTERM stops in good order; a second one ends the process at once.
func Main(args []string, specs []stage.Spec) int {
	ctx, stop := withSignals(context.Background())
	defer stop()
	if os.Getenv("GOGC") == "" {
		// Most of what a run holds is short-lived: records and buffers. Half
		// the usual garbage costs little time and keeps the process small.
		debug.SetGCPercent(50)
	}
	return Run(ctx, args, specs, os.Stdout, os.Stderr)
}

// Run is Main without the process around it.
func Run(ctx context.Context, args []string, specs []stage.Spec, stdout, stderr io.Writer) int {
	a := &app{specs: specs, stdout: stdout, stderr: stderr}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil {
		a.complain(err)
	}
	return codeOf(err)
}

// withSignals ends ctx, with the signal as its cause, at the first SIGINT or
// SIGTERM, and lets the second one kill.
func withSignals(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGINT, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		select {
		case s := <-c:
			signal.Stop(c) // the default action is back: a second signal ends the process
			cancel(interrupted{s})
		case <-done:
		}
	}()
	return ctx, func() {
		signal.Stop(c)
		close(done)
		cancel(nil)
	}
}

// app is what the commands share.
type app struct {
	specs          []stage.Spec
	stdout, stderr io.Writer
	global         globalFlags
}

// complain says what is wrong, one line a problem, and what to do.
func (a *app) complain(err error) {
	if i, ok := errors.AsType[interrupted](err); ok {
		fmt.Fprintf(a.stderr, "pipeline: %s\n", i)
		return
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintf(a.stderr, "pipeline: %s\n", line)
	}
	if f := stage.FailureOf(err); f.Hint != "" {
		fmt.Fprintf(a.stderr, "  → %s\n", f.Hint)
	}
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "pipeline",
		Short: "Move package artifacts from S3 to Cloudsmith, and prove that every one arrived",
		Long: `Move package artifacts from S3 to Cloudsmith, and prove that every one arrived.

Credentials come from the environment: the usual AWS variables for S3, and
CLOUDSMITH_API_KEY for Cloudsmith.
` + exitHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return exitWith(exitUsage, fmt.Errorf("%w: see %s --help", err, c.CommandPath()))
	})
	a.global.register(root.PersistentFlags())
	root.AddCommand(a.runCommand(), a.statusCommand(), a.reportCommand(), a.topologyCommand(), a.versionCommand())
	usageErrors(root)
	return root
}

// usageErrors gives wrong arguments the exit code of wrong flags.
func usageErrors(c *cobra.Command) {
	check := c.Args
	if check == nil {
		check = cobra.NoArgs
	}
	c.Args = func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return exitWith(exitUsage, fmt.Errorf("%w: see %s --help", err, c.CommandPath()))
		}
		return nil
	}
	for _, sub := range c.Commands() {
		usageErrors(sub)
	}
}
