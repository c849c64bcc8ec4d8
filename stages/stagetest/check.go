package stagetest

import (
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/longshore/longshore/stages/stage"
)

// check records what one promise's check finds. It is no testing.T, so that
// the suite can be shown to find what it must.
type check struct {
	t    *testing.T // for synctest only
	spec stage.Spec
	cfg  config

	mu       sync.Mutex
	problems []string
}

const (
	// enough problems are shown of each promise.
	enough = 12
	// longest is where a problem is cut off, in bytes.
	longest = 4 << 10
)

// judge runs the check of p and returns the problems that it found.
func judge(t *testing.T, p promise, spec stage.Spec, cfg config) []string {
	t.Helper()
	c := &check{t: t, spec: spec, cfg: cfg}
	func() {
		defer func() {
			if r := recover(); r != nil && r != (gaveUp{}) {
				c.errorf("panic: %v\n%s", r, debug.Stack())
			}
		}()
		p.check(c)
	}()
	if more := len(c.problems) - enough; more > 0 {
		return append(c.problems[:enough:enough], fmt.Sprintf("and %d more problems", more))
	}
	return c.problems
}

// gaveUp unwinds a check that cannot go on. It is a panic rather than
// runtime.Goexit, which a bubble takes for a failure of its test.
type gaveUp struct{}

func (c *check) errorf(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	problem := fmt.Sprintf(format, args...)
	if len(problem) > longest {
		problem = problem[:longest] + " …"
	}
	c.problems = append(c.problems, problem)
}

func (c *check) fatalf(format string, args ...any) {
	c.errorf(format, args...)
	panic(gaveUp{})
}

// arrange makes a fresh world and the input to deliver in it.
func (c *check) arrange() (*World, stage.Envelope) {
	w := NewWorld()
	return w, c.prepare(w)
}

func (c *check) prepare(w *World) stage.Envelope {
	if c.cfg.given != nil {
		return c.cfg.given(w)
	}
	return w.Envelope(c.spec.Needs...)
}

// handler makes the stage, as one more worker process would.
func (c *check) handler(w *World) stage.Handler {
	if c.spec.New == nil {
		c.fatalf("Spec.New is nil")
	}
	h, err := c.spec.New(w.Env(c.spec, c.cfg.yaml))
	if err != nil {
		c.fatalf("making the stage: %v", err)
	}
	if h == nil {
		c.fatalf("Spec.New returned no handler and no error")
	}
	return h
}

// calls lists the operations of one undisturbed delivery.
func (c *check) calls() []Op {
	w, in := c.arrange()
	h := c.handler(w)
	made := len(w.Calls())
	c.deliver(h, in)
	return w.Calls()[made:]
}

// distinct lists each operation once, in the order of its first call.
func distinct(ops []Op) []Op {
	var once []Op
	seen := map[Op]bool{}
	for _, op := range ops {
		if !seen[op] {
			seen[op] = true
			once = append(once, op)
		}
	}
	return once
}

// describe tells outputs in a line.
func describe(out []stage.Envelope) string {
	if len(out) == 0 {
		return "no envelope"
	}
	var parts []string
	for _, e := range out {
		part := "an envelope"
		if e.Port != "" {
			part += fmt.Sprintf(" for port %q", e.Port)
		}
		if e.Closed() {
			part += fmt.Sprintf(" closed as %q (%s)", e.Artifact.Verdict.Disposition, e.Artifact.Verdict.Reason)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}
