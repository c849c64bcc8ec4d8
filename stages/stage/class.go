package stage

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Class says what the engine does with an error.
//
// The end of a context is not a class: the engine checks it first, leaves the
// message unacknowledged and counts no attempt.
type Class string

const (
	// Retryable may work next time. It is the class of every error that
	// nobody classified: short backoff in place, then a delay topic, bounded
	// attempts, then a dead letter.
	Retryable Class = "retryable"
	// Throttled: the far side asks for patience. The stage pauses, no attempt
	// is counted.
	Throttled Class = "throttled"
	// Permanent: this artifact, as it is, can never pass. Dead letter with
	// the reason.
	Permanent Class = "permanent"
	// Poison: this message cannot be understood. Its raw bytes are parked.
	Poison Class = "poison"
	// Halted: nothing can pass until a person acts. The stage keeps the
	// message, stops, goes unready and probes slowly.
	Halted Class = "halted"
)

// classified is an error with a class. The outermost one of a chain wins, so
// that a layer that knows more can overrule the one below.
type classified struct {
	class Class
	code  string
	hint  string
	wait  time.Duration
	err   error
}

func (c *classified) Error() string { return c.err.Error() }
func (c *classified) Unwrap() error { return c.err }

// Option adds something to a classified error.
type Option func(*classified)

// Code sets a stable word for programs, such as "checksum". Codes go into
// topics and metrics and are append-only.
func Code(code string) Option { return func(c *classified) { c.code = code } }

// Hint names the setting to change and the next step.
func Hint(format string, args ...any) Option {
	return func(c *classified) { c.hint = fmt.Sprintf(format, args...) }
}

func classify(class Class, err error, opts []Option) *classified {
	c := &classified{class: class, err: err}
	for _, o := range opts {
		o(c)
	}
	return c
}

// Retry marks err as Retryable. Unclassified errors already are; this is for
// a code or a hint, and for overruling the class of a wrapped error.
func Retry(err error, opts ...Option) error { return classify(Retryable, err, opts) }

// SlowDown marks err as Throttled; d is how long the far side asked to wait, 0
// if it did not say.
func SlowDown(err error, d time.Duration, opts ...Option) error {
	c := classify(Throttled, err, opts)
	c.wait = d
	return c
}

// NotRetryable marks err as Permanent.
func NotRetryable(err error, opts ...Option) error { return classify(Permanent, err, opts) }

// Halt marks err as Halted. Give it a Hint: a person has to act on it.
func Halt(err error, opts ...Option) error { return classify(Halted, err, opts) }

// Poisonf makes a Poison error.
func Poisonf(format string, args ...any) error {
	return classify(Poison, fmt.Errorf(format, args...), nil)
}

// ClassOf returns the class of err: that of the outermost classified error in
// its chain, Permanent for ErrConflict, Retryable for everything else. It is
// not defined for nil, for the end of a context, and for Later and Restart.
func ClassOf(err error) Class {
	if c, ok := errors.AsType[*classified](err); ok {
		return c.class
	}
	if errors.Is(err, ErrConflict) {
		return Permanent
	}
	return Retryable
}

// WaitOf returns how long a Throttled error asks to wait; 0 if it does not
// say.
func WaitOf(err error) time.Duration {
	if c, ok := errors.AsType[*classified](err); ok {
		return c.wait
	}
	return 0
}

// FailureOf describes err for topics, the ledger and reports: the class of
// the outermost, the first code and the first hint found in the chain.
func FailureOf(err error) *Failure {
	f := &Failure{Class: ClassOf(err), Message: err.Error()}
	for e := err; e != nil; {
		var c *classified
		if !errors.As(e, &c) {
			break
		}
		if f.Code == "" {
			f.Code = c.code
		}
		if f.Hint == "" {
			f.Hint = c.hint
		}
		e = c.err
	}
	return f
}

// IsStop says whether err is the end of ctx rather than a verdict.
func IsStop(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Cause(ctx)))
}
