package stagetest

import (
	"context"
	"sync"
	"testing/synctest"

	"github.com/longshore/longshore/stages/stage"
)

func sameWhenTwiceAtOnce(c *check) {
	want := c.afterOne()
	for _, op := range distinct(c.calls()) {
		for _, twice := range []struct {
			name        string
			sameProcess bool
			release     func(*Hold)
		}{
			{"by two workers, the first one going on first", false, inOrder},
			{"by two workers, the second one going on first", false, lastFirst},
			{"by one worker, both going on at once", true, (*Hold).Release},
		} {
			w, in := c.arrange()
			first := c.handler(w)
			second := first
			if !twice.sameProcess {
				second = c.handler(w)
			}
			c.race(w.Hold(op), twice.release, first, second, in)
			c.compare(want, w, "after two deliveries at once "+twice.name+" from "+string(op)+",")
		}
	}
}

// race starts two deliveries of in, waits until each stands at the held
// operation or is done, and lets them go.
func (c *check) race(hold *Hold, release func(*Hold), first, second stage.Handler, in stage.Envelope) {
	c.bubble(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() { handle(ctx, first, clone(in)) })
		synctest.Wait()
		wg.Go(func() { handle(ctx, second, clone(in)) })
		synctest.Wait()
		hold.Pass()
		release(hold)
		synctest.Wait()
		hold.Release()
		wg.Wait()
	})
}

func inOrder(h *Hold) {
	h.ReleaseOne()
	synctest.Wait()
}

func lastFirst(h *Hold) {
	h.ReleaseLast()
	synctest.Wait()
}
