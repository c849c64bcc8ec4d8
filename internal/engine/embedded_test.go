package engine

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/internal/bus/embedded"
	"github.com/longshore/longshore/stages/stage"
)

// The tests of this file repeat on the real transport what the broker in
// memory can only imitate: positions, assignments and committed offsets.

func openEmbedded(t *testing.T) *embedded.Bus {
	t.Helper()
	b, err := embedded.Open(t.Context(), embedded.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func TestAFreshRunOnTheEmbeddedBusIsFreeOfDoubt(t *testing.T) {
	b := openEmbedded(t)
	w := newWorld()
	w.pages, w.page = 3, 100
	r := start(t, options(t, w, b))
	garbage := message.NewMessage("", []byte("\xff\x00{"))
	garbage.Metadata.Set(bus.KeyHeader, string(toyObject(3).ID()))
	if err := b.Publisher().Publish(toyNames.Topic("found"), garbage); err != nil {
		t.Fatal(err)
	}
	r.list(t)
	settle(t, w, b)
	if err := r.end(); err != nil {
		t.Error(err)
	}
	found, ends := w.books()
	if len(found) != 300 || len(ends) != 300 {
		t.Fatalf("found %d and ended %d of 300", len(found), len(ends))
	}
	for _, name := range []string{"fetch", "send", "check"} {
		in := w.calls(name)
		if len(in) != 300 {
			t.Errorf("%s handled %d messages, want 300", name, len(in))
		}
		for _, e := range in {
			if e.Doubt {
				t.Fatalf("%s got a doubtful %s", name, e.Artifact.Object.Key)
			}
		}
	}
	if n := w.outcomes("check"); n[stage.Closed] != 300 {
		t.Errorf("transitions %v", n)
	}
	if n := w.outcomes("fetch"); n[stage.Parked] != 1 {
		t.Errorf("transitions %v, want 1 parked", n)
	}
	if n, err := b.Lag(t.Context(), "nobody", toyNames.Failed()); n != 1 || err != nil {
		t.Errorf("the failed topic holds %d records, %v; want 1", n, err)
	}
}

func TestM6OnTheEmbeddedBus(t *testing.T) {
	b := openEmbedded(t)
	w := newWorld()
	w.page = 40
	w.does("send", func(ctx context.Context, _ stage.Envelope) error { return sleep(ctx, 100*time.Millisecond) })
	r := start(t, options(t, w, b))
	r.list(t)
	for len(w.calls("send")) < 8 {
		time.Sleep(10 * time.Millisecond)
	}
	if err := r.end(); err != nil {
		t.Error(err)
	}
	if n := len(w.calls("send")); n == 40 {
		t.Fatal("all was done before the stop: not in mid-flow")
	}
	r = start(t, options(t, w, b))
	settle(t, w, b)
	if err := r.end(); err != nil {
		t.Error(err)
	}
	balanced(t, w, stage.Verified)
	for _, name := range []string{"fetch", "send", "check"} {
		if n := len(w.calls(name)); n != 40 {
			t.Errorf("%s handled %d messages, want 40", name, n)
		}
	}
}

func TestW4AMemberThatJoinsAndOneThatLeavesLoseNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for two rebalances")
	}
	b := openEmbedded(t)
	w := newWorld()
	w.page = 60
	var working atomic.Int32
	w.does("send", func(ctx context.Context, _ stage.Envelope) error {
		working.Add(1)
		return sleep(ctx, 100*time.Millisecond)
	})
	first := start(t, options(t, w, b))
	first.list(t)
	for working.Load() < 8 {
		time.Sleep(10 * time.Millisecond)
	}
	second := start(t, options(t, w, b))
	for working.Load() < 30 {
		time.Sleep(10 * time.Millisecond)
	}
	if err := first.end(); err != nil {
		t.Error(err)
	}
	settle(t, w, b)
	if err := second.end(); err != nil {
		t.Error(err)
	}
	balanced(t, w, stage.Verified)
	onceSent(t, w)
	t.Logf("%d calls of send for 60 objects", len(w.calls("send")))
}
