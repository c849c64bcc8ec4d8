package engine

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// points lists every moment at which a delivery may be cut off.
func points() []point {
	return []point{beforeHandle, afterHandle, beforePublish, afterPublish, afterAck}
}

// onceSent checks that of all calls of send for one object only the first is
// free of doubt: every other one would publish a second package.
func onceSent(t *testing.T, w *world) {
	t.Helper()
	sure := map[string]int{}
	for _, in := range w.calls("send") {
		if !in.Doubt {
			sure[in.Artifact.Object.Key]++
		}
	}
	for key, n := range sure {
		if n > 1 {
			t.Errorf("%s was sent %d times without doubt", key, n)
		}
	}
}

func TestACrashAtAnyPointLosesNothing(t *testing.T) {
	times := []int32{1, 7}
	if testing.Short() {
		times = times[1:]
	}
	for _, stageName := range []string{"list", "fetch", "send", "check", "audit"} {
		for _, p := range points() {
			for _, nth := range times {
				t.Run(fmt.Sprintf("%s of %s, time %d", p, stageName, nth), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { crash(t, newWorld(), stageName, p, nth) })
				})
			}
		}
	}
}

func TestACrashWhileDelayedMessagesComeBackLosesNothing(t *testing.T) {
	for _, nth := range []int32{1, 7} {
		t.Run(fmt.Sprintf("at the message of number %d", nth), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				var asked sync.Map
				w.does("fetch", func(_ context.Context, in stage.Envelope) error {
					if _, again := asked.LoadOrStore(in.ID, true); !again {
						return stage.Later(3 * time.Second)
					}
					return nil
				})
				crash(t, w, "send", afterAck, nth)
			})
		})
	}
}

// crash cuts the process off when it comes to a point for the nth time, and
// lets another one go on.
func crash(t *testing.T, w *world, stageName string, at point, nth int32) {
	w.pages = 8
	b := newBroker()
	first := b.connect()
	o := options(t, w, first)
	o.Log = nil // the end of this process is noisy
	o.DrainTimeout = time.Second
	var hits atomic.Int32
	o.at = func(p point, s string) {
		if p == at && s == stageName && hits.Add(1) == nth {
			first.kill()
		}
	}
	r := start(t, o)
	r.list(t)
	select {
	case <-first.dead:
	case <-time.After(time.Minute):
		t.Fatal("the process never came to the point")
	}
	_ = r.end() // it cannot drain: the broker does not answer

	second := b.connect()
	r = start(t, options(t, w, second))
	settle(t, w, second)
	if err := r.end(); err != nil {
		t.Error(err)
	}
	found, ends := w.books()
	if len(found) != 80 || len(ends) != 80 {
		t.Errorf("found %d and ended %d of 80", len(found), len(ends))
	}
	for name, d := range ends {
		if len(d) != 1 || !d[stage.Verified] {
			t.Errorf("%s ended as %v", name, d)
		}
	}
	onceSent(t, w)
}

func TestPublishesThatFailAreRepeatedUntilTheyWork(t *testing.T) {
	for name, refuse := range map[string]func(n int32) (before, after error){
		"because the broker refused them":        func(int32) (error, error) { return errFar, nil },
		"because its answer was lost":            func(int32) (error, error) { return nil, errFar },
		"because of one or the other in between": func(n int32) (error, error) { return pick(n%2 == 0), pick(n%2 == 1) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.pages = 3
				b := newBroker()
				var n atomic.Int32
				b.refuse = func(string) (error, error) {
					// A third of all publishes fail.
					if i := n.Add(1); i > 1 && i%3 == 0 {
						return refuse(i)
					}
					return nil, nil
				}
				s := b.connect()
				o := options(t, w, s)
				o.Log = nil
				r := start(t, o)
				r.list(t)
				settle(t, w, s)
				if err := r.end(); err != nil {
					t.Error(err)
				}
				found, ends := w.books()
				if len(found) != 30 || len(ends) != 30 {
					t.Errorf("found %d and ended %d of 30", len(found), len(ends))
				}
				if n := len(b.records(toyNames.Failed())); n != 0 {
					t.Errorf("%d dead letters because of the broker", n)
				}
				onceSent(t, w)
			})
		})
	}
}

func pick(is bool) error {
	if is {
		return errFar
	}
	return nil
}

func TestDuplicatesFromTheBusAreHarmless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.pages = 2
		b := newBroker()
		var n atomic.Int32
		b.copies = func(topic string) int {
			if topic == toyNames.Topic("audit") {
				return 2
			}
			return 1 + int(n.Add(1)%3)
		}
		s := b.connect()
		r := start(t, options(t, w, s))
		r.list(t)
		settle(t, w, s)
		if err := r.end(); err != nil {
			t.Error(err)
		}
		found, ends := w.books()
		if len(found) != 20 || len(ends) != 20 {
			t.Errorf("found %d and ended %d of 20", len(found), len(ends))
		}
		for name, d := range ends {
			if len(d) != 1 || !d[stage.Verified] {
				t.Errorf("%s ended as %v", name, d)
			}
		}
	})
}
