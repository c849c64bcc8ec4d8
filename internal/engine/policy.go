package engine

import (
	"errors"
	"fmt"
	"time"
)

// Policy bounds what the engine does about errors.
type Policy struct {
	// Tries is how often a delivery calls the handler before a retryable
	// error counts as an attempt and the message goes to a delay topic. The
	// partition waits meanwhile, so the backoff between tries is short:
	// TryBackoff doubles up to TryBackoffMax, with jitter.
	Tries         int
	TryBackoff    time.Duration
	TryBackoffMax time.Duration

	// Attempts is how many deliveries may end in a retryable error before the
	// message becomes a dead letter. The first ShortDelays of them wait in
	// the short delay topic, the others in the long one.
	Attempts    int
	ShortDelays int

	// Restarts is how often an artifact may go back to be fetched again.
	Restarts int

	// Throttle is the pause of a stage whose far side asked for patience but
	// did not say how long; it doubles while the far side keeps asking. No
	// pause, asked for or not, is longer than ThrottleMax.
	Throttle    time.Duration
	ThrottleMax time.Duration

	// Probe is the wait before a halted stage tries one message; it doubles
	// up to ProbeMax.
	Probe    time.Duration
	ProbeMax time.Duration

	// WindowFailures messages given up among the last Window halt the stage,
	// so that a broken world does not empty a topic into the failed one.
	Window         int
	WindowFailures int

	// HandleTimeout ends a handler that takes longer, as a retryable error; 0
	// sets no limit.
	HandleTimeout time.Duration

	// Republish is the wait before a publish that failed is repeated; it
	// doubles up to RepublishMax.
	Republish    time.Duration
	RepublishMax time.Duration
}

// DefaultPolicy gives a message about half an hour before it becomes a dead
// letter: 4 × 15 s, then 5 × 5 min.
func DefaultPolicy() Policy {
	return Policy{
		Tries: 3, TryBackoff: 100 * time.Millisecond, TryBackoffMax: 2 * time.Second,
		Attempts: 10, ShortDelays: 4,
		Restarts: 3,
		Throttle: time.Second, ThrottleMax: 15 * time.Minute,
		Probe: 5 * time.Second, ProbeMax: time.Minute,
		Window: 30, WindowFailures: 25,
		Republish: 100 * time.Millisecond, RepublishMax: 10 * time.Second,
	}
}

// withDefaults fills in fields that are zero and reports everything that is
// wrong with the others.
func (p Policy) withDefaults() (Policy, error) {
	d := DefaultPolicy()
	counts := []struct {
		name  string
		value *int
		def   int
	}{
		{"Tries", &p.Tries, d.Tries},
		{"Attempts", &p.Attempts, d.Attempts},
		{"ShortDelays", &p.ShortDelays, d.ShortDelays},
		{"Restarts", &p.Restarts, d.Restarts},
		{"Window", &p.Window, d.Window},
		{"WindowFailures", &p.WindowFailures, d.WindowFailures},
	}
	waits := []struct {
		name  string
		value *time.Duration
		def   time.Duration
	}{
		{"TryBackoff", &p.TryBackoff, d.TryBackoff},
		{"TryBackoffMax", &p.TryBackoffMax, d.TryBackoffMax},
		{"Throttle", &p.Throttle, d.Throttle},
		{"ThrottleMax", &p.ThrottleMax, d.ThrottleMax},
		{"Probe", &p.Probe, d.Probe},
		{"ProbeMax", &p.ProbeMax, d.ProbeMax},
		{"HandleTimeout", &p.HandleTimeout, d.HandleTimeout},
		{"Republish", &p.Republish, d.Republish},
		{"RepublishMax", &p.RepublishMax, d.RepublishMax},
	}
	var errs []error
	for _, c := range counts {
		if *c.value < 0 {
			errs = append(errs, fmt.Errorf("policy: %s is %d", c.name, *c.value))
		}
		if *c.value == 0 {
			*c.value = c.def
		}
	}
	for _, w := range waits {
		if *w.value < 0 {
			errs = append(errs, fmt.Errorf("policy: %s is %s", w.name, *w.value))
		}
		if *w.value == 0 {
			*w.value = w.def
		}
	}
	if p.WindowFailures > p.Window {
		errs = append(errs, fmt.Errorf("policy: WindowFailures is %d of a Window of %d", p.WindowFailures, p.Window))
	}
	return p, errors.Join(errs...)
}
