package stage

import (
	"log/slog"
	"slices"
	"time"
)

// Dependency names a field of Env.
type Dependency string

// The dependencies that a stage may declare.
const (
	UsesSource  Dependency = "source"
	UsesTarget  Dependency = "target"
	UsesStaging Dependency = "staging"
	UsesLedger  Dependency = "ledger"
)

// Dependencies lists every Dependency.
func Dependencies() []Dependency {
	return []Dependency{UsesSource, UsesTarget, UsesStaging, UsesLedger}
}

// Env is what a stage gets to work with.
type Env struct {
	Source  Source
	Target  Target
	Staging Staging
	Ledger  Ledger
	// Now is the clock. Code that sleeps uses timers and is tested with
	// testing/synctest.
	Now func() time.Time
	// Log is for people who must act; a stage is silent when all is well.
	Log *slog.Logger
	// Decode reads the stage's section of the configuration into a struct
	// that holds the defaults, strictly: an unknown key is an error that
	// names it and its line.
	Decode func(into any) error
}

// Restrict returns env with every dependency that spec does not declare
// replaced by one that answers ErrUnassigned, and with the missing small
// parts filled in.
func Restrict(spec Spec, env Env) Env {
	if !slices.Contains(spec.Uses, UsesSource) || env.Source == nil {
		env.Source = unassigned{spec.Name, UsesSource}
	}
	if !slices.Contains(spec.Uses, UsesTarget) || env.Target == nil {
		env.Target = unassignedTarget{unassigned{spec.Name, UsesTarget}}
	}
	if !slices.Contains(spec.Uses, UsesStaging) || env.Staging == nil {
		env.Staging = unassignedStaging{unassigned{spec.Name, UsesStaging}}
	}
	if !slices.Contains(spec.Uses, UsesLedger) || env.Ledger == nil {
		env.Ledger = unassignedLedger{unassigned{spec.Name, UsesLedger}}
	}
	if env.Now == nil {
		env.Now = time.Now
	}
	if env.Log == nil {
		env.Log = slog.New(slog.DiscardHandler)
	}
	if env.Decode == nil {
		env.Decode = func(any) error { return nil }
	}
	return env
}
