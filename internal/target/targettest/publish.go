package targettest

import (
	"context"
	"errors"
	"testing"

	"github.com/longshore/longshore/stages/stage"
)

func publishesAndFinds(t *testing.T, h Harness) {
	where, body := h.Coordinates("a/one.bin"), bytesOf("some bytes")
	p := mustPublish(t, h.Target, body.at(where))
	if p.Origin != stage.OriginCreated {
		t.Errorf("origin %q, want %q", p.Origin, stage.OriginCreated)
	}
	settled(t, h.Target, p)
	found, err := h.Target.Find(t.Context(), where)
	if err != nil {
		t.Fatalf("finding: %v", err)
	}
	if found.ID != p.ID || found.SHA256 != body.sha256() || found.Size != int64(len(body.data)) {
		t.Errorf("found %+v, want id %s with the bytes' size and sha256", found, p.ID)
	}
	if found.Origin != "" {
		t.Errorf("Find says origin %q; only Publish knows one", found.Origin)
	}
	if e := only(t, h, where); e.SHA256 != body.sha256() {
		t.Errorf("the far side holds sha256 %s, want %s", e.SHA256, body.sha256())
	}
}

func publishesEmpty(t *testing.T, h Harness) {
	where, body := h.Coordinates("a/empty"), bytesOf("")
	s := settled(t, h.Target, mustPublish(t, h.Target, body.at(where)))
	if s.State != stage.SyncDone || s.Package.SHA256 != body.sha256() {
		t.Errorf("status %+v, want done with the sha256 of nothing", s)
	}
}

func keepsNamesApart(t *testing.T, h Harness) {
	names := []string{
		"x/read me.txt", "y/read me.txt", "x/read+me.txt", "x/read%20me.txt",
		"x/README.txt", "x/über-日本.txt", "x/a:b(c)*\"d'.txt", "x/^$~!.txt",
	}
	ids := map[string]string{}
	for _, name := range names {
		where, body := h.Coordinates(name), bytesOf("bytes of "+name)
		p := mustPublish(t, h.Target, body.at(where))
		if other, ok := ids[p.ID]; ok {
			t.Fatalf("%q and %q are the same package %s", name, other, p.ID)
		}
		ids[p.ID] = name
		settled(t, h.Target, p)
	}
	for _, name := range names {
		body := bytesOf("bytes of " + name)
		found, err := h.Target.Find(t.Context(), h.Coordinates(name))
		if err != nil {
			t.Fatalf("finding %q: %v", name, err)
		}
		if ids[found.ID] != name || found.SHA256 != body.sha256() {
			t.Errorf("finding %q gives %s, which is %q", name, found.ID, ids[found.ID])
		}
	}
}

func refusesOtherBytes(t *testing.T, h Harness) {
	where, first, second := h.Coordinates("a/taken.bin"), bytesOf("first"), bytesOf("other")
	p := mustPublish(t, h.Target, first.at(where))
	settled(t, h.Target, p)

	_, err := h.Target.Publish(t.Context(), doubtful(second.at(where)))
	requireConflict(t, err)

	// Without doubt a target need not look first, and its far side may refuse
	// only later; either way the first package stays as it is.
	q, err := h.Target.Publish(t.Context(), second.at(where))
	if err != nil {
		requireConflict(t, err)
	} else if s := settled(t, h.Target, q); s.State != stage.SyncFailed {
		t.Errorf("other bytes ended %q, want %q", s.State, stage.SyncFailed)
	}
	found, err := h.Target.Find(t.Context(), where)
	if err != nil || found.ID != p.ID || found.SHA256 != first.sha256() {
		t.Errorf("after the refusal Find gives %+v, %v; want %s untouched", found, err, p.ID)
	}
}

func requireConflict(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, stage.ErrConflict) {
		t.Fatalf("error %v, want one that wraps ErrConflict", err)
	}
	if c := stage.ClassOf(err); c != stage.Permanent {
		t.Errorf("class %q, want %q", c, stage.Permanent)
	}
}

func adoptsAfterLostAnswer(t *testing.T, h Harness) {
	if h.LoseAnswer == nil {
		t.Skip("the harness cannot lose an answer")
	}
	where, body := h.Coordinates("a/lost.bin"), bytesOf("whose answer is lost")
	h.LoseAnswer(t)
	p, err := h.Target.Publish(t.Context(), body.at(where))
	if err != nil {
		// Not having found it yet is fine, as long as the next call may.
		if c := stage.ClassOf(err); c != stage.Retryable && c != stage.Throttled {
			t.Fatalf("class %q after a lost answer: %v", c, err)
		}
		p = mustPublish(t, h.Target, doubtful(body.at(where)))
	}
	if p.Origin != stage.OriginAdopted {
		t.Errorf("origin %q, want %q", p.Origin, stage.OriginAdopted)
	}
	if s := settled(t, h.Target, p); s.State != stage.SyncDone {
		t.Errorf("ended %q, want %q", s.State, stage.SyncDone)
	}
	only(t, h, where)
}

func stopsWhenTold(t *testing.T, h Harness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	where := h.Coordinates("a/stopped.bin")
	_, err := h.Target.Publish(ctx, bytesOf("never sent").at(where))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Publish: error %v, want one that wraps context.Canceled", err)
	}
	if _, err := h.Target.Find(ctx, where); !errors.Is(err, context.Canceled) {
		t.Errorf("Find: error %v, want one that wraps context.Canceled", err)
	}
	none(t, h, where)
}
