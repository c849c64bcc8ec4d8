package cloudsmith

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

const gap = 10 * time.Minute

// admit lets one request through and reports its outcome at once.
func admit(t *testing.T, g Governor, patience time.Duration, o Outcome) time.Duration {
	t.Helper()
	start := time.Now()
	done, err := g.Admit(t.Context(), Admission{Cost: 1, Patience: patience})
	if err != nil {
		t.Fatalf("not admitted: %v", err)
	}
	done(o)
	return time.Since(start)
}

func answered(limit, remaining int, reset time.Duration) Outcome {
	return Outcome{Answered: true, Limit: limit, Remaining: remaining, Reset: reset}
}

func TestPaceDoesNotSleepWhilePlentyIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewPace(gap, time.Now)
		for remaining := 1000; remaining > 200; remaining-- {
			if d := admit(t, g, 0, answered(1000, remaining, time.Hour)); d != 0 {
				t.Fatalf("slept %v with %d of 1000 left", d, remaining)
			}
		}
	})
}

func TestPaceSpreadsWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewPace(gap, time.Now)
		admit(t, g, 0, answered(1000, 99, 1000*time.Second))
		start := time.Now()
		var wg sync.WaitGroup
		var longest atomic.Int64
		for range 50 {
			wg.Go(func() {
				d := admit(t, g, gap, Outcome{Answered: true})
				longest.Store(max(longest.Load(), int64(d)))
			})
		}
		wg.Wait()
		if d := time.Since(start); d < 450*time.Second || d > 550*time.Second {
			t.Errorf("half of the budget went in %v, want about half of the 1000 s", d)
		}
	})
}

func TestPaceSendsNothingOnceTheBudgetIsUsedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewPace(gap, time.Now)
		admit(t, g, 0, answered(1000, 0, 30*time.Minute))
		for _, cost := range []int{0, 1} {
			_, err := g.Admit(t.Context(), Admission{Cost: cost, Patience: 5 * time.Second})
			if stage.ClassOf(err) != stage.Throttled || stage.WaitOf(err) != 30*time.Minute {
				t.Errorf("cost %d: %v, class %s, wait %v; want throttled for 30 minutes", cost, err, stage.ClassOf(err), stage.WaitOf(err))
			}
		}
		if d := admit(t, g, time.Hour, Outcome{}); d != 30*time.Minute {
			t.Errorf("the patient one waited %v, want until the window ends", d)
		}
	})
}

func TestPaceIgnoresLateAnswersAndWrongClocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewPace(gap, time.Now)
		admit(t, g, 0, answered(1000, 900, time.Hour))
		admit(t, g, 0, answered(1000, 0, 20*time.Minute)) // of a window that is over
		admit(t, g, 0, answered(1000, 0, -time.Hour))
		admit(t, g, 0, answered(1000, 0, 1000*time.Hour))
		if d := admit(t, g, 0, Outcome{}); d != 0 {
			t.Errorf("waited %v", d)
		}
	})
}

func TestPaceClosesForEverybodyAndProbesWithOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewPace(gap, time.Now)
		admit(t, g, 0, Outcome{Answered: true, Throttled: true, Wait: 10 * time.Second})

		// 40 workers come back, and the far side is not ready for them before
		// 25 seconds have passed.
		var sent, refused atomic.Int64
		var wg sync.WaitGroup
		start := time.Now()
		for range 40 {
			wg.Go(func() {
				for {
					done, err := g.Admit(t.Context(), Admission{Cost: 1, Patience: time.Hour})
					if err != nil {
						t.Error(err)
						return
					}
					sent.Add(1)
					time.Sleep(300 * time.Millisecond)
					if time.Since(start) < 25*time.Second {
						refused.Add(1)
						done(Outcome{Answered: true, Throttled: true, Wait: 20 * time.Second})
						continue
					}
					done(Outcome{Answered: true})
					return
				}
			})
		}
		time.Sleep(9 * time.Second)
		synctest.Wait()
		if sent.Load() != 0 {
			t.Error("a request went while the gate was closed")
		}
		wg.Wait()
		if refused.Load() != 1 {
			t.Errorf("%d requests were refused after the pause, want the probe alone", refused.Load())
		}
		if d := time.Since(start); d < 30*time.Second || d > 40*time.Second {
			t.Errorf("all were through after %v, want a little over 30 s", d)
		}
	})
}

func TestPaceCapsWhatARefusalAsksFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewPace(gap, time.Now)
		admit(t, g, 0, Outcome{Answered: true, Throttled: true, Wait: 100 * time.Hour})
		_, err := g.Admit(t.Context(), Admission{Cost: 1, Patience: time.Second})
		if w := stage.WaitOf(err); w < gap || w > gap+gap/10 {
			t.Errorf("it asks to wait %v, want %v and at most a tenth more", w, gap)
		}
	})
}

func TestPaceBacksOffWhereNoWaitIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewPace(gap, time.Now)
		admit(t, g, 0, Outcome{Answered: true, Throttled: true})
		last := time.Duration(0)
		for range 5 {
			d := admit(t, g, time.Hour, Outcome{Answered: true, Throttled: true})
			if d <= last {
				t.Errorf("waited %v after %v, want longer each time", d, last)
			}
			last = d
		}
		for range 20 {
			if d := admit(t, g, time.Hour, Outcome{Answered: true, Throttled: true}); d > 2*maxBackoff {
				t.Errorf("waited %v", d)
			}
		}
	})
}

func TestPaceGivesTheProbeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewPace(gap, time.Now)
		admit(t, g, 0, Outcome{Answered: true, Throttled: true, Wait: time.Second})
		admit(t, g, gap, Outcome{}) // the probe's connection broke
		if d := admit(t, g, gap, Outcome{Answered: true}); d > 0 {
			t.Errorf("the next probe waited %v", d)
		}
	})
}

func TestPaceEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewPace(gap, time.Now)
		admit(t, g, 0, answered(1000, 10, time.Hour))
		admit(t, g, 0, Outcome{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := g.Admit(ctx, Admission{Cost: 1, Patience: time.Hour}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the context's", err)
		}
	})
}
