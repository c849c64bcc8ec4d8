package targettest

import (
	"context"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

func samePackageAgain(t *testing.T, h Harness) {
	where, body := h.Coordinates("a/again.bin"), bytesOf("published twice")
	p := mustPublish(t, h.Target, body.at(where))
	again := mustPublish(t, h.Target, body.at(where))
	s := settled(t, h.Target, again)
	if s.State != stage.SyncDone || s.Package.ID != p.ID {
		t.Errorf("the second call ended %q as %s, want done as %s", s.State, s.Package.ID, p.ID)
	}
	if s := settled(t, h.Target, p); s.State != stage.SyncDone {
		t.Errorf("the first package ended %q, want done", s.State)
	}
	only(t, h, where)
}

func looksWhenInDoubt(t *testing.T, h Harness) {
	where, body := h.Coordinates("a/doubt.bin"), bytesOf("published before a crash")
	p := mustPublish(t, h.Target, body.at(where))

	target := h.Target
	if h.Another != nil {
		target = h.Another(t)
	}
	opened := body.opens.Load()
	q := mustPublish(t, target, doubtful(body.at(where)))
	if q.ID != p.ID {
		t.Errorf("in doubt it made %s, want %s adopted", q.ID, p.ID)
	}
	if body.opens.Load() != opened {
		t.Error("it sent the bytes although the package was there")
	}
	if h.Another != nil && q.Origin != stage.OriginAdopted {
		t.Errorf("origin %q, want %q", q.Origin, stage.OriginAdopted)
	}
	if s := settled(t, target, q); s.State != stage.SyncDone || s.Package.SHA256 != body.sha256() {
		t.Errorf("ended %+v, want done with the right sha256", s)
	}
	only(t, h, where)
}

func onePackageTwiceAtOnce(t *testing.T, h Harness) {
	publishTogether(t, h, h.Target, h.Target)
}

func onePackageTwoProcesses(t *testing.T, h Harness) {
	if h.Another == nil {
		t.Skip("the harness has no second target")
	}
	publishTogether(t, h, h.Target, h.Another(t))
}

// publishTogether publishes the same thing through both targets at once. The
// race is forced: whoever opens the bytes first waits for the other to open
// them too, or for as long as a target that lets one in at a time needs to
// show that it does.
func publishTogether(t *testing.T, h Harness, targets ...stage.Target) {
	t.Helper()
	where, body := h.Coordinates("a/race.bin"), bytesOf("published at once")
	b := newBarrier(len(targets), 200*time.Millisecond)
	p := body.at(where)
	p.Open = func(ctx context.Context) (io.ReadCloser, error) {
		b.wait()
		return body.open(ctx)
	}

	got := make([]stage.Package, len(targets))
	errs := make([]error, len(targets))
	var wg sync.WaitGroup
	for i, target := range targets {
		wg.Go(func() { got[i], errs[i] = target.Publish(t.Context(), p) })
	}
	wg.Wait()

	ids := map[string]bool{}
	for i, target := range targets {
		if errs[i] != nil {
			t.Fatalf("call %d: %v", i, errs[i])
		}
		s := settled(t, target, got[i])
		if s.State != stage.SyncDone || s.Package.SHA256 != body.sha256() {
			t.Errorf("call %d ended %+v, want done with the right sha256", i, s)
		}
		ids[s.Package.ID] = true
	}
	if e := only(t, h, where); len(ids) != 1 || !ids[e.ID] {
		t.Errorf("the calls ended as %v, the far side holds %s", ids, e.ID)
	}
}

// barrier holds callers until n of them are there, or for at most limit.
type barrier struct {
	mu    sync.Mutex
	n     int
	open  chan struct{}
	limit time.Duration
}

func newBarrier(n int, limit time.Duration) *barrier {
	return &barrier{n: n, open: make(chan struct{}), limit: limit}
}

func (b *barrier) wait() {
	b.mu.Lock()
	b.n--
	if b.n == 0 {
		close(b.open)
	}
	b.mu.Unlock()
	timer := time.NewTimer(b.limit)
	defer timer.Stop()
	select {
	case <-b.open:
	case <-timer.C:
	}
}
