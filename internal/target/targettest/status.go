package targettest

import (
	"errors"
	"testing"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

func findsNothing(t *testing.T, h Harness) {
	mustPublish(t, h.Target, bytesOf("a neighbour").at(h.Coordinates("a/there.bin")))
	for _, name := range []string{"a/there", "b/there.bin", "there.bin"} {
		if p, err := h.Target.Find(t.Context(), h.Coordinates(name)); !errors.Is(err, stage.ErrNotFound) {
			t.Errorf("finding %q: %+v, %v; want ErrNotFound", name, p, err)
		}
	}
}

// leaveRefused publishes something that the far side refuses while processing.
func leaveRefused(t *testing.T, h Harness, p stage.Publication) {
	t.Helper()
	if h.RefuseNext == nil {
		t.Skip("the harness cannot refuse an upload")
	}
	h.RefuseNext(t)
	if s := settled(t, h.Target, mustPublish(t, h.Target, p)); s.State != stage.SyncFailed {
		t.Fatalf("a refused package ended %q, want %q", s.State, stage.SyncFailed)
	}
}

func ignoresLeftovers(t *testing.T, h Harness) {
	where := h.Coordinates("a/refused.bin")
	leaveRefused(t, h, bytesOf("refused").at(where))
	if p, err := h.Target.Find(t.Context(), where); !errors.Is(err, stage.ErrNotFound) {
		t.Errorf("Find gives %+v, %v; want ErrNotFound", p, err)
	}
}

func publishesOverLeftover(t *testing.T, h Harness) {
	where, body := h.Coordinates("a/second-try.bin"), bytesOf("refused the first time")
	leaveRefused(t, h, body.at(where))
	p := mustPublish(t, h.Target, doubtful(body.at(where)))
	if s := settled(t, h.Target, p); s.State != stage.SyncDone {
		t.Errorf("the second try ended %q, want done", s.State)
	}
	if e := only(t, h, where); e.Refused {
		t.Errorf("what remains is the leftover %s", e.ID)
	}
}

func endsDone(t *testing.T, h Harness) {
	where, body := h.Coordinates("a/done.bin"), long()
	p := mustPublish(t, h.Target, body.at(where))
	s := settled(t, h.Target, p)
	if s.State != stage.SyncDone {
		t.Fatalf("ended %q (%s), want done", s.State, s.Reason)
	}
	q := s.Package
	if q.ID != p.ID || q.Coordinates != where || q.Size != int64(len(body.data)) || q.SHA256 != body.sha256() {
		t.Errorf("done as %+v, want id %s at %+v with the bytes' size and sha256", q, p.ID, where)
	}
	if q.UploadedAt.IsZero() {
		t.Error("a finished package has no upload time")
	}
	if again := settled(t, h.Target, p); again.State != stage.SyncDone {
		t.Errorf("asked again it is %q, want done", again.State)
	}
}

func statusOfUnknown(t *testing.T, h Harness) {
	p := mustPublish(t, h.Target, bytesOf("a neighbour").at(h.Coordinates("a/known.bin")))
	settled(t, h.Target, p)
	p.ID, p.Coordinates = "never-was", h.Coordinates("a/never-was.bin")
	unknown(t, h, p)
}

// unknown asks for the status of p until the target says that it does not know
// it. Being undecided for a while is fine: indexes lag.
func unknown(t *testing.T, h Harness, p stage.Package) {
	t.Helper()
	for start := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		s, err := h.Target.Status(t.Context(), p)
		switch {
		case errors.Is(err, stage.ErrNotFound):
			return
		case err != nil:
			t.Fatalf("status: %v, want ErrNotFound", err)
		case s.State != stage.SyncPending:
			t.Fatalf("status %+v, want ErrNotFound", s)
		case time.Since(start) > patience:
			t.Fatalf("still undecided after %v", patience)
		}
	}
}

func removesTwice(t *testing.T, h Harness) {
	where := h.Coordinates("a/removed.bin")
	p := mustPublish(t, h.Target, bytesOf("to be removed").at(where))
	settled(t, h.Target, p)
	for range 2 {
		if err := h.Target.Remove(t.Context(), p); err != nil {
			t.Fatalf("removing: %v", err)
		}
	}
	if q, err := h.Target.Find(t.Context(), where); !errors.Is(err, stage.ErrNotFound) {
		t.Errorf("Find gives %+v, %v; want ErrNotFound", q, err)
	}
	none(t, h, where)
	unknown(t, h, p)
}

func publishesAfterRemove(t *testing.T, h Harness) {
	where, body := h.Coordinates("a/back.bin"), bytesOf("removed and published again")
	p := mustPublish(t, h.Target, body.at(where))
	settled(t, h.Target, p)
	if err := h.Target.Remove(t.Context(), p); err != nil {
		t.Fatalf("removing: %v", err)
	}
	q := mustPublish(t, h.Target, body.at(where))
	if s := settled(t, h.Target, q); s.State != stage.SyncDone {
		t.Errorf("ended %q, want done", s.State)
	}
	if e := only(t, h, where); e.ID != q.ID {
		t.Errorf("the far side holds %s, want %s", e.ID, q.ID)
	}
}
