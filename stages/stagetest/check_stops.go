package stagetest

import (
	"context"
	"errors"
	"testing/synctest"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// grace is the faked time that a handler may take to return after its context
// has ended.
const grace = time.Second

func stopsWhenTold(c *check) {
	calls := distinct(c.calls())
	c.leavesNothingRunning()
	c.stopsBeforeItBegins(len(calls) > 0)
	for _, op := range calls {
		c.stopsAt(op)
	}
}

// leavesNothingRunning looks for goroutines after a delivery that nothing
// disturbed.
func (c *check) leavesNothingRunning() {
	w, in := c.arrange()
	h := c.handler(w)
	c.bubble(func() {
		before := goroutines()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		handle(ctx, h, in)
		cancel()
		c.reportLeft(before, "when the handler has returned")
	})
}

// stopsBeforeItBegins delivers with a context that is over. A handler that
// calls no port may as well be done.
func (c *check) stopsBeforeItBegins(callsPorts bool) {
	w, in := c.arrange()
	h := c.handler(w)
	before := w.Snapshot()
	c.bubble(func() {
		running := goroutines()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		a := handle(ctx, h, in)
		if callsPorts {
			c.wantStop(a, "delivered with a context that has ended")
		}
		c.reportLeft(running, "when the handler was called with a context that had ended")
	})
	if diff := before.Diff(w.Snapshot()); diff != "" {
		c.errorf("delivered with a context that has ended, the stage changed the world:\n%s", diff)
	}
}

// stopsAt ends the context while the first call of op hangs.
func (c *check) stopsAt(op Op) {
	w, in := c.arrange()
	h := c.handler(w)
	hold := w.Hold(op)
	when := "told to stop while " + string(op) + " hangs"
	c.bubble(func() {
		before := goroutines()
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan answer, 1)
		go func() { ended <- handle(ctx, h, in) }()
		synctest.Wait()
		cancel()
		if op == StagingRead {
			// A disk does not hear the context: it ends the read that it is
			// at. Whoever reads on is not stopping.
			hold.ReleaseOne()
		}
		time.Sleep(grace)
		select {
		case a := <-ended:
			// The last read of all may have been enough.
			if op != StagingRead || a.err != nil || a.panicked != "" {
				c.wantStop(a, when)
			}
			c.reportLeft(before, when)
		default:
			c.errorf("%s, the handler goes on", when)
		}
		hold.Release()
	})
}

func (c *check) wantStop(a answer, when string) {
	switch {
	case a.panicked != "":
		c.errorf("%s, the handler panicked: %s", when, a.panicked)
	case a.err == nil:
		c.errorf("%s, the handler returned no error but %s", when, describe(a.out))
	case !errors.Is(a.err, context.Canceled):
		c.errorf("%s, the handler returned an error that does not wrap ctx.Err: %v", when, a.err)
	case stage.IsRestart(a.err):
		c.errorf("%s, the handler asked for a restart: the end of a context is no verdict: %v", when, a.err)
	}
}

func (c *check) reportLeft(before map[string]string, when string) {
	for _, trace := range leftBehind(before) {
		c.errorf("%s, a goroutine is left behind:\n%s", when, trace)
	}
}
