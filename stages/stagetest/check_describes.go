package stagetest

import (
	"strings"

	"github.com/longshore/longshore/stages/stage"
)

// strangeKey is no setting of any stage.
const strangeKey = "no-such-setting"

func describesItself(c *check) {
	if err := c.spec.Validate(); err != nil {
		c.errorf("the Spec is not valid: %v", err)
	}
	if strings.HasSuffix(c.spec.Doc, ".") {
		c.errorf("Doc ends with a full stop: %q", c.spec.Doc)
	}
	w, _ := c.arrange()
	c.handler(w)
	// A worker may run several members of a stage's group in one process.
	c.handler(w)
	c.refusesUnknownSettings(w)
}

func (c *check) refusesUnknownSettings(w *World) {
	h, err := c.spec.New(w.Env(c.spec, c.cfg.yaml+"\n"+strangeKey+": 1\n"))
	switch {
	case err == nil || h != nil:
		c.errorf("New accepts the unknown setting %q: call Env.Decode and pass its error on, also if there is nothing to set", strangeKey)
	case !strings.Contains(err.Error(), strangeKey):
		c.errorf("New refuses the unknown setting %q without naming it: %v", strangeKey, err)
	case stage.ClassOf(err) == stage.Halted:
		c.errorf("New halts on an unknown setting; a wrong configuration is a plain error: %v", err)
	}
}
