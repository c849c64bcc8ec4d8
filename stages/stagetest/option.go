package stagetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// Option changes what Run does.
type Option func(*config)

// config is one setting of the suite.
type config struct {
	yaml      string
	given     func(*World) stage.Envelope
	expect    Expectation
	scenarios []scenario
	// stuckAfter is the real time after which a delivery does not come to
	// rest: it computes for ever, or waits where no faked clock can see it.
	stuckAfter time.Duration
}

type scenario struct {
	name string
	opts []Option
}

func newConfig(opts []Option) config {
	return config{expect: Passes(), stuckAfter: 30 * time.Second}.with(opts)
}

func (c config) with(opts []Option) config {
	c.scenarios = nil
	for _, o := range opts {
		o(&c)
	}
	return c
}

// Config is the stage's section of the configuration, in YAML. Without it the
// section is empty.
func Config(yaml string) Option { return func(c *config) { c.yaml = yaml } }

// Given prepares a fresh World for each delivery and returns the envelope to
// deliver. It must do the same each time, and is called before the stage is
// made. Without it the envelope carries what Spec.Needs asks for.
func Given(prepare func(w *World) stage.Envelope) Option {
	return func(c *config) { c.given = prepare }
}

// Expect says how a delivery of the input ends when nothing disturbs it.
// Without it the stage is expected to pass the artifact on.
func Expect(e Expectation) Option { return func(c *config) { c.expect = e } }

// Scenario runs the whole suite once more with opts on top of the other
// options.
func Scenario(name string, opts ...Option) Option {
	return func(c *config) { c.scenarios = append(c.scenarios, scenario{name, opts}) }
}

// Expectation says what is wrong with a handler's answer, or nil.
type Expectation func(out []stage.Envelope, err error) error

// Passes expects no error.
func Passes() Expectation {
	return func(_ []stage.Envelope, err error) error {
		if err != nil {
			return fmt.Errorf("expected the input to pass, got the error: %w", err)
		}
		return nil
	}
}

// Closes expects exactly one envelope, closed with d.
func Closes(d stage.Disposition) Expectation {
	return func(out []stage.Envelope, err error) error {
		if err != nil {
			return fmt.Errorf("expected a verdict %q, got the error: %w", d, err)
		}
		if len(out) != 1 || !out[0].Closed() || out[0].Artifact.Verdict.Disposition != d {
			return fmt.Errorf("expected one envelope closed as %q, got %s", d, describe(out))
		}
		return nil
	}
}

// Waits expects stage.Later.
func Waits() Expectation {
	return func(out []stage.Envelope, err error) error {
		if _, ok := stage.IsLater(err); !ok {
			return fmt.Errorf("expected Later, got %s and the error %w", describe(out), orNone(err))
		}
		return nil
	}
}

// Restarts expects stage.Restart, or stage.ErrClaimGone passed on.
func Restarts() Expectation {
	return func(out []stage.Envelope, err error) error {
		if !stage.IsRestart(err) {
			return fmt.Errorf("expected a restart, got %s and the error %w", describe(out), orNone(err))
		}
		return nil
	}
}

// Fails expects an error of a class.
func Fails(class stage.Class) Expectation {
	return func(out []stage.Envelope, err error) error {
		_, later := stage.IsLater(err)
		if err == nil || later || stage.IsRestart(err) || stage.ClassOf(err) != class {
			return fmt.Errorf("expected an error of class %s, got %s and the error %w", class, describe(out), orNone(err))
		}
		return nil
	}
}

var errNone = errors.New("none")

func orNone(err error) error {
	if err == nil {
		return errNone
	}
	return err
}
