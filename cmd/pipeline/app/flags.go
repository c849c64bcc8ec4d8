package app

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/longshore/longshore/internal/config"
	"github.com/longshore/longshore/internal/report"
)

// globalFlags belong to every command.
type globalFlags struct {
	config     string
	output     string
	quiet      bool
	verbose    int
	logFormat  string
	noColor    bool
	noProgress bool
}

func (g *globalFlags) register(f *pflag.FlagSet) {
	f.StringVar(&g.config, "config", "", "configuration `file` (default: pipeline.yaml, then the user's, then /etc/pipeline/config.yaml)")
	f.StringVarP(&g.output, "output", "o", "table", "output `format`: "+strings.Join(report.Formats(), ", "))
	f.BoolVarP(&g.quiet, "quiet", "q", false, "only errors on stderr")
	f.CountVarP(&g.verbose, "verbose", "v", "more on stderr; twice for debugging")
	f.StringVar(&g.logFormat, "log-format", "text", "`format` of messages: text or json")
	f.BoolVar(&g.noColor, "no-color", os.Getenv("NO_COLOR") != "", "no colours")
	f.BoolVar(&g.noProgress, "no-progress", false, "no progress on stderr")
}

func (g *globalFlags) validate() error {
	var errs []error
	if !slices.Contains(report.Formats(), g.output) {
		errs = append(errs, fmt.Errorf("--output %q: choose one of %s", g.output, strings.Join(report.Formats(), ", ")))
	}
	if g.logFormat != "text" && g.logFormat != "json" {
		errs = append(errs, fmt.Errorf("--log-format %q: choose text or json", g.logFormat))
	}
	return errors.Join(errs...)
}

// configFlags set parts of the configuration. Only the ones that were given
// override file and environment.
type configFlags struct {
	values config.Config
	set    *pflag.FlagSet
	apply  map[string]func(into *config.Config)
}

func newConfigFlags(f *pflag.FlagSet) *configFlags {
	c := &configFlags{values: config.Default(), set: f, apply: map[string]func(*config.Config){}}
	v := &c.values
	f.StringVar(&v.Source.URL, "source", "", "what to move: s3://`bucket/prefix`")
	c.apply["source"] = func(into *config.Config) { into.Source.URL = v.Source.URL }
	f.StringVar(&v.Target.Repository, "target", "", "where to: `owner/repository` on Cloudsmith")
	c.apply["target"] = func(into *config.Config) { into.Target.Repository = v.Target.Repository }
	f.StringVar(&v.Target.Format, "package-format", v.Target.Format, "what objects become: generic (keeps the whole key as file path) or raw")
	c.apply["package-format"] = func(into *config.Config) { into.Target.Format = v.Target.Format }
	c.stateDir()
	return c
}

// stateDir is the one configuration flag of commands that only look.
func (c *configFlags) stateDir() {
	c.set.StringVar(&c.values.StateDir, "state-dir", "", "`directory` that makes the run resumable (default: one below ~/.local/state/longshore)")
	c.apply["state-dir"] = func(into *config.Config) { into.StateDir = c.values.StateDir }
}

// tuning adds the flags of commands that move bytes.
func (c *configFlags) tuning() {
	f, v := c.set, &c.values
	f.StringVar((*string)(&v.Strategy), "strategy", string(v.Strategy), "how much is in flight: small, medium or large")
	c.apply["strategy"] = func(into *config.Config) { into.Strategy = v.Strategy }
	f.StringVar(&v.Staging.Dir, "staging-dir", "", "`directory` for staged bytes (default: staging below the state directory)")
	c.apply["staging-dir"] = func(into *config.Config) { into.Staging.Dir = v.Staging.Dir }
	f.Var(&v.Staging.Quota, "staging-quota", "how much may be staged at once")
	c.apply["staging-quota"] = func(into *config.Config) { into.Staging.Quota = v.Staging.Quota }
	f.DurationVar(&v.Delivery.DrainTimeout, "drain-timeout", v.Delivery.DrainTimeout, "how long work in flight may go on after SIGTERM")
	c.apply["drain-timeout"] = func(into *config.Config) { into.Delivery.DrainTimeout = v.Delivery.DrainTimeout }
	f.DurationVar(&v.Delivery.HaltTimeout, "halt-timeout", v.Delivery.HaltTimeout, "how long to wait for a person when nothing can pass, before exit code 75")
	c.apply["halt-timeout"] = func(into *config.Config) { into.Delivery.HaltTimeout = v.Delivery.HaltTimeout }
	f.StringVar(&v.MetricsAddr, "metrics-addr", "", "serve /metrics, /healthz and /readyz at this `address`")
	c.apply["metrics-addr"] = func(into *config.Config) { into.MetricsAddr = v.MetricsAddr }
}

// load reads file, environment and flags, and validates the result. Every
// problem is a usage error.
func (a *app) load(c *configFlags, need config.Need) (config.Config, error) {
	cfg, err := config.Load(a.global.config, os.Environ())
	c.set.Visit(func(f *pflag.Flag) {
		if apply, ok := c.apply[f.Name]; ok {
			apply(&cfg)
		}
	})
	if err == nil {
		names := make([]string, len(a.specs))
		for i, s := range a.specs {
			names[i] = s.Name
		}
		err = errors.Join(cfg.Validate(need), cfg.CheckStages(names))
	}
	return cfg, exitWith(exitUsage, errors.Join(a.global.validate(), err))
}
