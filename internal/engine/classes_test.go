package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/longshore/longshore/internal/wire"
	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/topology"
)

var errFar = errors.New("the far side hung up")

// failing makes a stage fail with err the first n times for object 3.
func failing(n int, err error) func(context.Context, stage.Envelope) error {
	var calls atomic.Int32
	return func(_ context.Context, in stage.Envelope) error {
		if in.Artifact.Object.Key == toyObject(3).Key && int(calls.Add(1)) <= n {
			return err
		}
		return nil
	}
}

// of selects the envelopes of object 3.
func of3(all []stage.Envelope) []stage.Envelope {
	var some []stage.Envelope
	for _, e := range all {
		if e.Artifact.Object.Key == toyObject(3).Key {
			some = append(some, e)
		}
	}
	return some
}

// balanced checks that everything found ended, once, and as want for object 3.
func balanced(t *testing.T, w *world, want stage.Disposition) {
	t.Helper()
	found, ends := w.books()
	if len(found) != w.pages*w.page || len(ends) != len(found) {
		t.Fatalf("found %d and ended %d of %d", len(found), len(ends), w.pages*w.page)
	}
	for name, d := range ends {
		as := stage.Verified
		if strings.HasPrefix(name, toyObject(3).Key+"@") {
			as = want
		}
		if len(d) != 1 || !d[as] {
			t.Errorf("%s ended as %v, want %s", name, d, as)
		}
	}
}

func TestARetryableErrorIsTriedAgainInPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.does("send", failing(2, errFar))
		flow(t, w)
		balanced(t, w, stage.Verified)
		if n := w.outcomes("send"); n[stage.Retried] != 0 || n[stage.Passed] != 10 {
			t.Errorf("transitions %v, want 10 passed", n)
		}
		if in := of3(w.calls("send")); len(in) != 1 || !in[0].Doubt {
			t.Errorf("after a failed try the message is not in doubt: %+v", in)
		}
		if in := of3(w.calls("check")); len(in) != 1 || !in[0].Doubt {
			t.Errorf("the output of a doubtful message is not in doubt: %+v", in)
		}
	})
}

func TestARetryableErrorGoesThroughTheDelayTopics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		began := time.Now()
		var passed time.Time
		fail := failing(3*6, errFar)
		w.does("fetch", func(ctx context.Context, in stage.Envelope) error {
			err := fail(ctx, in)
			if err == nil && in.Artifact.Object.Key == toyObject(3).Key {
				passed = time.Now()
			}
			return err
		})
		flow(t, w)
		balanced(t, w, stage.Verified)
		if n := w.outcomes("fetch"); n[stage.Retried] != 6 || n[stage.Passed] != 10 {
			t.Errorf("transitions %v, want 6 retried and 10 passed", n)
		}
		if in := of3(w.calls("fetch")); len(in) != 1 || in[0].Attempt != 6 || !in[0].Doubt {
			t.Errorf("fetch got %+v, want attempt 6 in doubt", in)
		}
		if in := of3(w.calls("send")); len(in) != 1 || in[0].Attempt != 0 {
			t.Errorf("the next stage got %+v, want attempt 0", in)
		}
		want := 4*shortWait + 2*longWait
		if took := passed.Sub(began); took < want || took > want+10*time.Second {
			t.Errorf("six attempts took %s, want about %s", took, want)
		}
	})
}

func TestARetryIsInDoubtAlsoWhereThereIsOneTryADelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.does("send", failing(1, errFar))
		flow(t, w, func(o *Options) { o.Policy.Tries = 1 })
		if in := of3(w.calls("send")); len(in) != 1 || !in[0].Doubt || in[0].Attempt != 1 {
			t.Errorf("send got %+v, want attempt 1 in doubt", in)
		}
	})
}

func TestTheLastAttemptEndsInADeadLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.does("send", failing(1000, stage.Retry(errFar, stage.Code("far"))))
		b := flow(t, w)
		balanced(t, w, stage.Failed)
		if n := w.outcomes("send"); n[stage.Retried] != 9 || n[stage.DeadLettered] != 1 {
			t.Errorf("transitions %v, want 9 retried and 1 dead-lettered", n)
		}
		dead := b.records(toyNames.Failed())
		if len(dead) != 1 {
			t.Fatalf("%d dead letters, want 1", len(dead))
		}
		h := dead[0].headers
		first, _ := time.Parse(time.RFC3339Nano, h.Get(wire.HeaderErrorFirstAt))
		last, _ := time.Parse(time.RFC3339Nano, h.Get(wire.HeaderErrorLastAt))
		if took := last.Sub(first); took < 26*time.Minute || took > 27*time.Minute {
			t.Errorf("from the first to the last failure it took %s, want 26 min", took)
		}
		if h.Get(wire.HeaderErrorAttempts) != "10" || h.Get(wire.HeaderErrorClass) != "retryable" || h.Get(headerFirstFailure) != "" {
			t.Errorf("the dead letter says %v", h)
		}
	})
}

func TestAPermanentErrorIsADeadLetterWithTheBytesThatCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.does("send", failing(1000, stage.NotRetryable(errFar, stage.Code("far"), stage.Hint("call them"))))
		b := flow(t, w)
		balanced(t, w, stage.Failed)
		dead := b.records(toyNames.Failed())
		if len(dead) != 1 {
			t.Fatalf("%d dead letters, want 1", len(dead))
		}
		if !isAmong(dead[0], b.records(toyNames.Topic("fetched"))) {
			t.Errorf("the dead letter is not the message that came: %s", dead[0].payload)
		}
		for _, e := range w.events {
			if tr := e.Artifact.Transition; tr.Outcome == stage.DeadLettered {
				if f := tr.Failure; f == nil || f.Class != stage.Permanent || f.Code != "far" || f.Hint != "call them" {
					t.Errorf("the transition says %+v", f)
				}
			}
		}
	})
}

// isAmong says whether r has the key and bytes of one of others.
func isAmong(r stored, others []stored) bool {
	for _, o := range others {
		if bytes.Equal(r.payload, o.payload) && bytes.Equal(r.key, o.key) {
			return true
		}
	}
	return false
}

func TestAPanicParksTheMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.does("fetch", func(_ context.Context, in stage.Envelope) error {
			if in.Artifact.Object.Key == toyObject(3).Key {
				panic("oh")
			}
			return nil
		})
		b := flow(t, w)
		balanced(t, w, stage.Failed)
		if n := w.outcomes("fetch"); n[stage.Parked] != 1 || n[stage.Passed] != 9 {
			t.Errorf("transitions %v, want 1 parked and 9 passed", n)
		}
		dead := b.records(toyNames.Failed())
		if len(dead) != 1 || !isAmong(dead[0], b.records(toyNames.Topic("found"))) {
			t.Errorf("the parked message is not the one that came: %v", dead)
		}
	})
}

func TestThrottlingPausesTheStageAndCountsNoAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		var told time.Time
		var calls, early atomic.Int32
		w.does("send", func(_ context.Context, in stage.Envelope) error {
			if calls.Add(1) == 1 {
				told = time.Now()
				return stage.SlowDown(errFar, 10*time.Minute)
			}
			// Calls of the same moment were under way already.
			if d := time.Since(told); d > time.Second && d < 10*time.Minute {
				early.Add(1)
			}
			return nil
		})
		w.pages = 4
		flow(t, w)
		if _, ends := w.books(); len(ends) != 40 {
			t.Errorf("%d ended of 40", len(ends))
		}
		if n := w.outcomes("send"); n[stage.Passed] != 40 || len(n) != 1 {
			t.Errorf("transitions %v, want 40 passed", n)
		}
		if early.Load() != 0 {
			t.Errorf("%d messages were handled during the pause", early.Load())
		}
		if took := time.Since(told); took < 10*time.Minute || took > 11*time.Minute {
			t.Errorf("the pause took %s", took)
		}
	})
}

func TestALaterVerdictComesBackInItsTime(t *testing.T) {
	for _, wait := range []time.Duration{-time.Second, 0, 2 * time.Second, 15 * time.Second, 40 * time.Second, 5 * time.Minute, 23 * time.Minute} {
		t.Run(fmt.Sprintf("after %s", wait), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				var told, back time.Time
				w.does("check", func(_ context.Context, in stage.Envelope) error {
					if in.Artifact.Object.Key != toyObject(3).Key {
						return nil
					}
					if told.IsZero() {
						told = time.Now()
						return stage.Later(wait)
					}
					back = time.Now()
					return nil
				})
				b := flow(t, w)
				balanced(t, w, stage.Verified)
				if took := back.Sub(told); took < wait || took > max(wait, 0)+time.Second {
					t.Errorf("came back after %s", took)
				}
				if in := of3(w.calls("check")); len(in) != 1 || in[0].Attempt != 0 || in[0].Doubt {
					t.Errorf("came back as %+v, want no attempt and no doubt", in)
				}
				for _, rec := range b.records(toyNames.Topic("sent")) {
					if v := rec.headers.Get(wire.HeaderNotBefore); v != "" {
						t.Errorf("a message came back with its delay still on it: %s", v)
					}
				}
				if n := w.outcomes("check"); n[stage.Delayed] != 1 || n[stage.Closed] != 10 {
					t.Errorf("transitions %v, want 1 delayed and 10 closed", n)
				}
			})
		})
	}
}

func TestALongWaitHoldsUpTheOthersForOneTierAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		told := map[string]time.Time{}
		took := map[string]time.Duration{}
		var mu sync.Mutex
		w.does("check", func(_ context.Context, in stage.Envelope) error {
			mu.Lock()
			defer mu.Unlock()
			key := in.Artifact.Object.Key
			if at, ok := told[key]; ok {
				took[key] = time.Since(at)
				return nil
			}
			told[key] = time.Now()
			if len(told) <= 4 {
				return stage.Later(3 * time.Hour)
			}
			return stage.Later(time.Minute)
		})
		w.page = 40
		flow(t, w)
		long := 0
		for key, d := range took {
			if d > 2*time.Hour {
				long++
			} else if d > longWait+time.Second {
				t.Errorf("%s asked for a minute and came back after %s", key, d)
			}
		}
		if long != 4 || len(took) != 40 {
			t.Errorf("%d of %d came back after hours, want 4 of 40", long, len(took))
		}
	})
}

func TestAnOutputThatIsTooLargeIsParked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		specs := w.specs()
		for i, s := range specs {
			if s.Name != "fetch" {
				continue
			}
			specs[i].New = func(stage.Env) (stage.Handler, error) {
				return &toy{w, "fetch", func(in stage.Envelope) []stage.Envelope {
					return []stage.Envelope{in.With(func(a *stage.Artifact) {
						a.Claim = &stage.Claim{}
						if a.Object.Key == toyObject(3).Key {
							a.Labels = map[string]string{"essay": strings.Repeat("x", maxRecord)}
						}
					})}
				}}, nil
			}
		}
		g, err := topology.Parse("toy.yaml", []byte(toyFlow))
		if err != nil {
			t.Fatal(err)
		}
		if w.compiled, err = topology.Compile(g, specs); err != nil {
			t.Fatal(err)
		}
		flow(t, w)
		balanced(t, w, stage.Failed)
		if n := w.outcomes("fetch"); n[stage.Parked] != 1 || n[stage.Passed] != 9 {
			t.Errorf("transitions %v, want 1 parked and 9 passed", n)
		}
	})
}

func TestAnInputTooLargeForItsTransitionIsParked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		b := newBroker()
		s := b.connect()
		r := start(t, options(t, w, s))
		e := object(3)
		e.Artifact.Labels = map[string]string{"essay": ""}
		m, err := wire.Encode(e, wire.Origin{Stage: "list"})
		if err != nil {
			t.Fatal(err)
		}
		e.Artifact.Labels["essay"] = strings.Repeat("x", maxRecord-len(m.Payload))
		rec := record{topic: toyNames.Topic("found"), env: e}
		if err := r.workers[0].out.publish(t.Context(), wire.Origin{Stage: "list"}, []record{rec}); err != nil {
			t.Fatal(err)
		}
		settle(t, w, s)
		if err := r.end(); err != nil {
			t.Error(err)
		}
		if n := w.outcomes("fetch"); n[stage.Parked] != 1 || len(n) != 1 {
			t.Errorf("transitions %v, want 1 parked", n)
		}
		if n := len(b.records(toyNames.Failed())); n != 1 {
			t.Errorf("%d dead letters, want 1", n)
		}
	})
}

func TestARestartBeginsAgainWithFetching(t *testing.T) {
	for name, err := range map[string]error{
		"by verdict":      stage.Restart(errFar),
		"by a gone claim": fmt.Errorf("opening: %w", stage.ErrClaimGone),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.does("send", failing(2, err))
				flow(t, w)
				balanced(t, w, stage.Verified)
				in := of3(w.calls("fetch"))
				if len(in) != 3 || in[2].Restarts != 2 || !in[2].Doubt || in[2].Artifact.Claim != nil {
					t.Errorf("fetch got %+v, want two restarts without the claim, in doubt", in)
				}
				if n := w.outcomes("send"); n[stage.Restarted] != 2 || n[stage.Passed] != 10 {
					t.Errorf("transitions %v, want 2 restarted and 10 passed", n)
				}
			})
		})
	}
	t.Run("and ends in a dead letter after the last one", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			w.does("send", failing(1000, stage.Restart(errFar)))
			flow(t, w)
			balanced(t, w, stage.Failed)
			if n := w.outcomes("send"); n[stage.Restarted] != 3 || n[stage.DeadLettered] != 1 {
				t.Errorf("transitions %v, want 3 restarted and 1 dead-lettered", n)
			}
		})
	})
}
