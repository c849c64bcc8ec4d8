package engine

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

// halts records what OnHalt hears.
type halts struct {
	mu    sync.Mutex
	heard []string
}

func (h *halts) on(o *Options) {
	o.OnHalt = func(name string, err error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		if err == nil {
			name += " goes on"
		}
		h.heard = append(h.heard, name)
	}
}

func (h *halts) list() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.heard...)
}

func TestAHaltKeepsEveryMessageAndProbesUntilThingsWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		var calls atomic.Int32
		var broken atomic.Bool
		broken.Store(true)
		w.does("send", func(context.Context, stage.Envelope) error {
			if broken.Load() {
				calls.Add(1)
				return stage.Halt(errFar, stage.Hint("renew the key"))
			}
			return nil
		})
		b := newBroker()
		s := b.connect()
		o := options(t, w, s)
		var h halts
		h.on(&o)
		r := start(t, o)
		r.list(t)
		time.Sleep(2 * time.Second)
		if err := r.Ready(); !errors.Is(err, errFar) {
			t.Errorf("Ready answers %v while a stage is halted", err)
		}
		if st := r.Status()[2]; !errors.Is(st.Halted, errFar) || st.InFlight == 0 || st.OldestAge < time.Second {
			t.Errorf("status %+v", st)
		}
		atOnce := calls.Load()
		time.Sleep(10*time.Minute - 2*time.Second)
		// 5, 10, 20, 40, then every 60 s.
		if probes := calls.Load() - atOnce; probes < 10 || probes > 14 {
			t.Errorf("%d probes in 10 min, want about 12", probes)
		}
		if n := len(b.records(toyNames.Failed())); n != 0 {
			t.Errorf("%d dead letters during a halt", n)
		}
		broken.Store(false)
		settle(t, w, s)
		balanced(t, w, stage.Verified)
		if got := h.list(); len(got) != 2 || got[0] != "send" || got[1] != "send goes on" {
			t.Errorf("OnHalt heard %v", got)
		}
		if err := r.Ready(); err != nil {
			t.Errorf("Ready answers %v after the stage went on", err)
		}
		if n := w.outcomes("send"); n[stage.Passed] != 10 || len(n) != 1 {
			t.Errorf("transitions %v, want 10 passed", n)
		}
		if err := r.end(); err != nil {
			t.Error(err)
		}
	})
}

func TestAHaltedStageDrainsAtOnceAndKeepsItsMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.does("send", func(context.Context, stage.Envelope) error { return stage.Halt(errFar) })
		b := newBroker()
		s := b.connect()
		r := start(t, options(t, w, s))
		r.list(t)
		time.Sleep(time.Minute)
		began := time.Now()
		if err := r.end(); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("draining took %s", took)
		}
		w.does("send", nil)
		r = start(t, options(t, w, s))
		settle(t, w, s)
		balanced(t, w, stage.Verified)
		if err := r.end(); err != nil {
			t.Error(err)
		}
	})
}

func TestManyGivenUpMessagesHaltTheStage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.page = 100
		w.does("send", func(context.Context, stage.Envelope) error { return stage.NotRetryable(errFar) })
		b := newBroker()
		o := options(t, w, b.connect())
		var h halts
		h.on(&o)
		r := start(t, o)
		r.list(t)
		time.Sleep(4 * time.Second)
		// Those that were in the handler already may follow.
		if n := len(b.records(toyNames.Failed())); n < 25 || n > 28 {
			t.Errorf("%d dead letters before the stage halted, want 25", n)
		}
		if got := h.list(); len(got) != 1 || got[0] != "send" {
			t.Errorf("OnHalt heard %v", got)
		}
		if f := stage.FailureOf(r.Status()[2].Halted); f.Code != "window" || f.Hint == "" {
			t.Errorf("the halt says %+v", f)
		}
		if err := r.end(); err != nil {
			t.Error(err)
		}
	})
}

func TestALedgerThatCannotFoldHaltsRatherThanLosesEvents(t *testing.T) {
	for name, err := range map[string]error{
		"a permanent error":         stage.NotRetryable(errFar),
		"poison":                    stage.Poisonf("what is this"),
		"a restart":                 stage.Restart(errFar),
		"an error that goes on":     errFar,
		"a claim that is not there": stage.ErrClaimGone,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				var mended atomic.Bool
				w.does("audit", func(_ context.Context, in stage.Envelope) error {
					if o := in.Artifact.Object; !mended.Load() && o != nil && o.Key == toyObject(3).Key {
						return err
					}
					return nil
				})
				b := newBroker()
				s := b.connect()
				r := start(t, options(t, w, s))
				r.list(t)
				time.Sleep(time.Hour)
				if r.Ready() == nil {
					t.Error("the engine is ready although the ledger cannot fold")
				}
				mended.Store(true)
				settle(t, w, s)
				balanced(t, w, stage.Verified)
				if n := len(b.records(toyNames.Failed())); n != 0 {
					t.Errorf("%d dead letters of the audit stage", n)
				}
				if err := r.end(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
