package stagetest

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/longshore/longshore/stages/stage"
)

// bystander is the key of an object that is fully migrated and that no input
// is about.
const bystander = "elsewhere/bystander.bin"

func survivesNonsense(c *check) {
	w, _, good := c.besideAnother()
	// A stage that answers wrongly to good input is told so elsewhere.
	judgeOutputs := len(malformed(c.spec, good, c.deliver(c.handler(w), clone(good)).out)) == 0
	for _, n := range nonsense(good) {
		w, others, _ := c.besideAnother()
		h := c.handler(w)
		before := w.Snapshot()
		a := c.deliver(h, clone(n.in))
		c.sane(n, a, judgeOutputs)
		c.insideItsNames(n, others, before, w.Snapshot())
	}
}

// besideAnother arranges a world in which another artifact has been migrated
// before, and tells what is there of it.
func (c *check) besideAnother() (w *World, others Snapshot, in stage.Envelope) {
	w = NewWorld()
	w.settle(bystander)
	others = w.Snapshot()
	return w, others, c.prepare(w)
}

// settle takes an object through all stages.
func (w *World) settle(key string) {
	o := w.Source.Put(key, Content(key))
	w.Stage(o)
	w.publish(o)
	e := stage.Envelope{Run: RunName, ID: o.ID(), Artifact: stage.Artifact{
		Object:     &o,
		Verdict:    &stage.Verdict{Disposition: stage.Verified, Class: stage.ClassExact},
		Transition: &stage.Transition{Stage: "verify", Outcome: stage.Closed, At: epoch},
	}}
	if err := w.Ledger.Fold(context.Background(), e); err != nil {
		panic(err)
	}
}

func (c *check) sane(n absurdity, a answer, judgeOutputs bool) {
	switch {
	case a.panicked != "":
		c.errorf("given %s, the handler panicked: %s", n.name, a.panicked)
	case errors.Is(a.err, context.DeadlineExceeded) || errors.Is(a.err, context.Canceled):
		c.errorf("given %s, the handler did not come to an end by itself: %v", n.name, a.err)
	case a.err == nil && judgeOutputs:
		for _, p := range malformed(c.spec, n.in, a.out) {
			c.errorf("given %s, %s", n.name, p)
		}
	}
}

// insideItsNames checks that nothing happened to other artifacts, and that
// bytes were staged under the input's own names only.
func (c *check) insideItsNames(n absurdity, others, before, after Snapshot) {
	for _, lines := range [][2][]string{
		{others.Packages, after.Packages}, {others.Staged, after.Staged}, {others.Rows, after.Rows},
	} {
		for _, line := range lines[0] {
			if !slices.Contains(lines[1], line) {
				c.errorf("given %s, the stage changed what belongs to another artifact: %s", n.name, line)
			}
		}
	}
	for _, line := range after.Staged {
		if !slices.Contains(before.Staged, line) && !n.owns(line) {
			c.errorf("given %s, the stage staged bytes under a name that is not the input's: %s", n.name, line)
		}
	}
}

// owns says whether a line of Snapshot.Staged has a name that begins as the
// input's claim does.
func (n absurdity) owns(line string) bool {
	a := n.in.Artifact
	var own []string
	if a.Object != nil {
		own = append(own, string(a.Object.ID()))
	}
	if a.Claim != nil && a.Claim.Name != "" {
		own = append(own, string(a.Claim.Name))
	}
	return slices.ContainsFunc(own, func(name string) bool { return strings.HasPrefix(line, quoteOpen(name)) })
}
