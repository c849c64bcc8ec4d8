package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/topology"
)

// Options are what an engine needs. Plan, Names, Bus and Env must be given.
type Options struct {
	// Plan is the checked topology.
	Plan *topology.Plan
	// Names makes topic and group names; Names.Run is the migration.
	Names topology.Names
	// Bus carries the messages. The engine does not close it.
	Bus bus.Bus
	// Env supplies a stage's dependencies and its section of the
	// configuration. It need not be restricted to what the stage declares:
	// the engine does that.
	Env func(stageName string) stage.Env
	// Stages are the names of those to run in this process; empty means all
	// of the plan.
	Stages []string
	// Strategy sets the partitions of topics that the plan leaves open; empty
	// means topology.Medium.
	Strategy topology.Strategy
	// Policy bounds retries, waits and failures. Fields that are zero take
	// the values of DefaultPolicy.
	Policy Policy
	// DrainTimeout is how long work in flight may go on after Run's context
	// has ended; 0 means 30 s.
	DrainTimeout time.Duration
	// Log is for people who must act; nil discards.
	Log *slog.Logger
	// Registerer gets the metrics; nil keeps them private.
	Registerer prometheus.Registerer
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// OnHalt is called when a stage halts, with the error, and with nil when
	// it goes on. It must return quickly.
	OnHalt func(stageName string, err error)

	// at is called when a delivery reaches a named point, so that tests can
	// end the process there.
	at func(p point, stageName string)
}

const defaultDrainTimeout = 30 * time.Second

// withDefaults fills in what was left open and reports everything that is
// wrong.
func (o Options) withDefaults() (Options, error) {
	var errs []error
	missing := func(is bool, field string) {
		if is {
			errs = append(errs, fmt.Errorf("engine options: %s is missing", field))
		}
	}
	missing(o.Plan == nil, "Plan")
	missing(o.Names.Prefix == "", "Names.Prefix")
	missing(o.Names.Run == "", "Names.Run")
	missing(o.Bus == nil, "Bus")
	missing(o.Env == nil, "Env")
	if o.Plan != nil {
		missing(o.Plan.Audit == "", "Plan.Audit")
		for _, name := range o.Stages {
			if _, ok := o.Plan.Node(name); !ok {
				errs = append(errs, fmt.Errorf("engine options: the plan has no stage %q", name))
			}
		}
	}
	if o.Strategy != "" && !slices.Contains(topology.Strategies(), o.Strategy) {
		errs = append(errs, fmt.Errorf("engine options: unknown Strategy %q", o.Strategy))
	}
	if o.DrainTimeout < 0 {
		errs = append(errs, fmt.Errorf("engine options: DrainTimeout is %s", o.DrainTimeout))
	}
	policy, err := o.Policy.withDefaults()
	errs = append(errs, err)
	o.Policy = policy

	if o.Strategy == "" {
		o.Strategy = topology.Medium
	}
	if o.DrainTimeout == 0 {
		o.DrainTimeout = defaultDrainTimeout
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnHalt == nil {
		o.OnHalt = func(string, error) {}
	}
	if o.at == nil {
		o.at = func(point, string) {}
	}
	return o, errors.Join(errs...)
}

// runs says whether this process runs the named stage.
func (o Options) runs(name string) bool {
	return len(o.Stages) == 0 || slices.Contains(o.Stages, name)
}
