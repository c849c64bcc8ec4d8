package stagetest

import (
	"errors"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// afterOne is the world as one undisturbed delivery leaves it.
func (c *check) afterOne() Snapshot {
	w, in := c.arrange()
	c.deliver(c.handler(w), in)
	return w.Snapshot()
}

func sameWhenRedelivered(c *check) {
	want := c.afterOne()
	for _, again := range []struct {
		name        string
		sameProcess bool
		change      func(*stage.Envelope)
	}{
		{"by the same worker", true, func(*stage.Envelope) {}},
		{"by another worker", false, func(*stage.Envelope) {}},
		{"in doubt", false, func(e *stage.Envelope) { e.Doubt = true }},
		{"as another attempt", false, func(e *stage.Envelope) { e.Attempt++; e.Doubt = true }},
	} {
		w, in := c.arrange()
		h := c.handler(w)
		c.deliver(h, clone(in))
		w.Advance(time.Hour)
		if !again.sameProcess {
			h = c.handler(w)
		}
		again.change(&in)
		c.deliver(h, in)
		c.compare(want, w, "after a second delivery "+again.name)
	}
	c.cutOffAnywhere(want)
}

// cutOffAnywhere lets the first delivery die at every call that it makes, once
// before the call has an effect and once after it, and delivers again.
func (c *check) cutOffAnywhere(want Snapshot) {
	nth := map[Op]int{}
	for _, op := range c.calls() {
		nth[op]++
		for name, cut := range map[string]func(*World, Op, int, error){
			"before": (*World).Fail, "after": (*World).Lose,
		} {
			w, in := c.arrange()
			h := c.handler(w)
			cut(w, op, nth[op], errors.New("the connection broke"))
			c.deliver(h, clone(in))
			w.Advance(time.Hour)
			in.Doubt = true
			c.deliver(c.handler(w), in)
			c.compare(want, w, "after a delivery that broke off "+name+" its call of "+string(op)+", and another one")
		}
	}
}

func (c *check) compare(want Snapshot, w *World, when string) {
	if diff := want.Diff(w.Snapshot()); diff != "" {
		c.errorf("%s the world is not as after one delivery (-one +now):\n%s", when, diff)
	}
}
