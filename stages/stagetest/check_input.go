package stagetest

import (
	"reflect"

	"github.com/google/go-cmp/cmp"
)

func leavesInputAlone(c *check) {
	w, in := c.arrange()
	given, before := clone(in), clone(in)
	a := c.deliver(c.handler(w), given)
	if !reflect.DeepEqual(given, before) {
		c.errorf("the handler changed its input:\n%s", cmp.Diff(before, given))
	}
	// The labels are the only part of the record that is no fact: outputs that
	// share them with the input share them with every other delivery of it.
	if given.Artifact.Labels == nil {
		return
	}
	const mark = "written after the delivery"
	given.Artifact.Labels[mark] = ""
	for i, e := range a.out {
		if _, shared := e.Artifact.Labels[mark]; shared {
			c.errorf("output %d shares its labels with the input: build it with Envelope.With", i)
		}
	}
}
