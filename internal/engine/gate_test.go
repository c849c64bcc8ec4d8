package engine

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func testGate() *gate { return newGate(DefaultPolicy(), time.Now, func(error) {}) }

// entered says how long it took to get through g.
func entered(t *testing.T, g *gate) (pass, time.Duration) {
	t.Helper()
	began := time.Now()
	p, err := g.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p, time.Since(began)
}

func TestGatePauses(t *testing.T) {
	for _, c := range []struct {
		name string
		asks []time.Duration
		want []time.Duration
	}{
		{"for as long as it was asked to", []time.Duration{time.Minute, time.Second}, []time.Duration{time.Minute, time.Second}},
		{"for 15 minutes at most", []time.Duration{time.Hour}, []time.Duration{15 * time.Minute}},
		{"twice as long each time when nobody says how long", []time.Duration{0, 0, 0}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := testGate()
				for i, ask := range c.asks {
					p, _ := entered(t, g)
					p.slowDown(ask)
					next, took := entered(t, g)
					if took != c.want[i] {
						t.Errorf("pause %d took %s, want %s", i+1, took, c.want[i])
					}
					next.neither()
				}
			})
		})
	}
	t.Run("once for messages that are told together", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := testGate()
			var together []pass
			for range 8 {
				p, _ := entered(t, g)
				together = append(together, p)
			}
			for _, p := range together {
				p.slowDown(0)
			}
			if _, took := entered(t, g); took != time.Second {
				t.Errorf("the pause took %s, want 1s", took)
			}
		})
	})
	t.Run("briefly again after a success", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := testGate()
			for range 3 {
				p, _ := entered(t, g)
				p.slowDown(0)
			}
			p, _ := entered(t, g)
			p.ok()
			p, _ = entered(t, g)
			p.slowDown(0)
			if _, took := entered(t, g); took != time.Second {
				t.Errorf("the pause took %s, want 1s", took)
			}
		})
	})
	t.Run("until the end of the context at most", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := testGate()
			p, _ := entered(t, g)
			p.slowDown(time.Minute)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := g.enter(ctx); err == nil {
				t.Error("entered a paused gate with a context that ended")
			}
		})
	})
}

func TestGateHalts(t *testing.T) {
	t.Run("and lets one probe through at a time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := testGate()
			p, _ := entered(t, g)
			p.halt(errFar)
			var through atomic.Int32
			for range 5 {
				go func() {
					p, err := g.enter(t.Context())
					if err != nil {
						return
					}
					through.Add(1)
					time.Sleep(time.Minute)
					p.ok()
				}()
			}
			time.Sleep(30 * time.Second)
			if n := through.Load(); n != 1 {
				t.Errorf("%d messages went through a halted gate, want 1", n)
			}
			// The probe succeeds after 65 s; the others follow at once.
			time.Sleep(36 * time.Second)
			if n := through.Load(); n != 5 {
				t.Errorf("%d messages went through after the probe's success, want 5", n)
			}
			time.Sleep(time.Minute)
		})
	})
	t.Run("and waits longer after each probe that fails", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := testGate()
			p, _ := entered(t, g)
			p.halt(errFar)
			for _, want := range []time.Duration{5, 10, 20, 40, 60, 60} {
				probe, took := entered(t, g)
				if took != want*time.Second {
					t.Errorf("the probe came after %s, want %ds", took, want)
				}
				probe.neither()
			}
		})
	})
	t.Run("and is not opened by work that was under way", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := testGate()
			p, _ := entered(t, g)
			other, _ := entered(t, g)
			p.halt(errFar)
			other.ok()
			if halted, _ := g.state(); halted == nil {
				t.Error("a message that was under way opened the gate")
			}
		})
	})
	t.Run("and tells so once, and once that it goes on", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var heard []error
			g := newGate(DefaultPolicy(), time.Now, func(err error) { heard = append(heard, err) })
			p, _ := entered(t, g)
			other, _ := entered(t, g)
			p.halt(errFar)
			other.halt(errFar)
			probe, _ := entered(t, g)
			probe.halt(errFar)
			probe, _ = entered(t, g)
			probe.ok()
			if len(heard) != 2 || heard[0] != errFar || heard[1] != nil {
				t.Errorf("heard %v", heard)
			}
		})
	})
}
