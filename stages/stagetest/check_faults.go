package stagetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// wait is what the injected Throttled and Later errors ask for.
const wait = 17 * time.Second

func passesFaultsOn(c *check) {
	for _, op := range distinct(c.calls()) {
		for _, f := range faults(op) {
			w, in := c.arrange()
			h := c.handler(w)
			w.Fail(op, 0, f.err)
			a := c.deliver(h, in)
			if problem := f.problem(a); problem != "" {
				c.errorf("when %s fails (%s): %s", op, f.name, problem)
			}
		}
	}
}

// fault is an error to inject, and what must come of it.
type fault struct {
	name string
	// err is new to the stage: an error that a stage knows, such as
	// stage.ErrNotFound, may well be news rather than a fault.
	err error
	// keeps says what is lost of err in got, besides its identity.
	keeps func(got error) string
}

func faults(op Op) []fault {
	list := []fault{
		{"unclassified", errors.New("injected"), keepsClass(stage.Retryable)},
		{"retryable", stage.Retry(errors.New("injected")), keepsClass(stage.Retryable)},
		{"throttled", stage.SlowDown(errors.New("injected"), wait), keepsClass(stage.Throttled)},
		{"permanent", stage.NotRetryable(errors.New("injected")), keepsClass(stage.Permanent)},
		{"poison", stage.Poisonf("injected"), keepsClass(stage.Poison)},
		{"halted", stage.Halt(errors.New("injected")), keepsClass(stage.Halted)},
		{"later", stage.Later(wait), keepsLater},
	}
	switch op {
	case StagingOpen, TargetPublish:
		list = append(list, fault{"claim gone", fmt.Errorf("injected: %w", stage.ErrClaimGone), keepsRestart})
	}
	return list
}

func (f fault) problem(a answer) string {
	switch {
	case a.panicked != "":
		return "the handler panicked: " + a.panicked
	case a.err == nil:
		return "the error was swallowed, out came " + describe(a.out)
	case !errors.Is(a.err, f.err):
		return fmt.Sprintf("the error is not in the chain of what came out (wrap it with %%w): %v", a.err)
	}
	return f.keeps(a.err)
}

func keepsClass(want stage.Class) func(error) string {
	return func(got error) string {
		_, later := stage.IsLater(got)
		switch class := stage.ClassOf(got); {
		case later || stage.IsRestart(got):
			return fmt.Sprintf("the fault became a verdict: %v", got)
		case class != want:
			return fmt.Sprintf("it came out as %s, not as %s: %v", class, want, got)
		case want == stage.Throttled && stage.WaitOf(got) != wait:
			return fmt.Sprintf("the far side asked for %s, out came %s", wait, stage.WaitOf(got))
		}
		return ""
	}
}

func keepsLater(got error) string {
	if d, ok := stage.IsLater(got); !ok || d != wait {
		return fmt.Sprintf("Later(%s) did not come out: %v", wait, got)
	}
	return ""
}

func keepsRestart(got error) string {
	if !stage.IsRestart(got) {
		return fmt.Sprintf("the artifact is not sent back to be fetched again: %v", got)
	}
	return ""
}
