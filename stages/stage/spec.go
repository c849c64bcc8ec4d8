package stage

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// Spec describes a stage to the topology compiler, the engine and the reader.
type Spec struct {
	// Name is the stage's name in topologies, consumer groups, metrics and
	// on the command line: lower case letters, digits and hyphens.
	Name string
	// Doc is one sentence for people, without a full stop.
	Doc string
	// Needs are the facts that an envelope must carry to be handled. The
	// compiler refuses a graph that cannot supply them, the engine parks a
	// message that lacks one as Poison.
	Needs []Fact
	// Adds are the facts that the main output carries besides those of the
	// input. An envelope that leaves closed (with a verdict) may lack them.
	Adds []Fact
	// Ports are the named outputs besides the main one.
	Ports []string
	// Uses are the dependencies that Env must supply; all others answer
	// ErrUnassigned.
	Uses []Dependency
	// Sink says that the stage has no main output.
	Sink bool
	// Effects says that the stage acts on the far side in a way that costs a
	// request to repeat or to find out about. The engine commits its offsets
	// message by message, so that at most one message a partition is
	// delivered again after a crash.
	Effects bool
	// New makes the handler. It may return Halt errors for dependencies that
	// are not there, and plain errors for a configuration that it refuses;
	// those name the setting.
	New func(Env) (Handler, error)
}

var specName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// Validate reports everything that is wrong with s itself.
func (s Spec) Validate() error {
	var errs []error
	if !specName.MatchString(s.Name) {
		errs = append(errs, fmt.Errorf("stage name %q: use lower case letters, digits and hyphens", s.Name))
	}
	if s.Doc == "" {
		errs = append(errs, fmt.Errorf("stage %s: Doc is empty: say in one sentence what it does", s.Name))
	}
	if s.New == nil {
		errs = append(errs, fmt.Errorf("stage %s: New is nil", s.Name))
	}
	for _, f := range slices.Concat(s.Needs, s.Adds) {
		if err := f.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("stage %s: %w", s.Name, err))
		}
	}
	for i, p := range s.Ports {
		if !specName.MatchString(p) || slices.Contains(s.Ports[:i], p) {
			errs = append(errs, fmt.Errorf("stage %s: port %q: use distinct names of lower case letters, digits and hyphens", s.Name, p))
		}
	}
	for _, d := range s.Uses {
		if !slices.Contains(Dependencies(), d) {
			errs = append(errs, fmt.Errorf("stage %s: unknown dependency %q", s.Name, d))
		}
	}
	if s.Sink && len(s.Adds) > 0 {
		errs = append(errs, fmt.Errorf("stage %s: a sink has no output to add facts to", s.Name))
	}
	return errors.Join(errs...)
}

// Check returns a Poison error if in lacks a fact that the stage needs. The
// engine parks such messages before they get here; a handler that is called
// without one must not panic either.
func (s Spec) Check(in Envelope) error {
	if missing := in.Missing(s.Needs); len(missing) > 0 {
		return Poisonf("the envelope lacks %v", missing)
	}
	return nil
}
