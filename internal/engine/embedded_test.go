package engine

import (
	"testing"
	"time"

	"github.com/longshore/longshore/internal/bus/embedded"
	"github.com/longshore/longshore/stages/stage"
)

func TestAFreshRunOnTheEmbeddedBusIsFreeOfDoubt(t *testing.T) {
	b, err := embedded.Open(t.Context(), embedded.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld()
	w.pages, w.page = 3, 100
	r := start(t, options(t, w, b))
	r.list(t)
	began := time.Now()
	settle(t, w, b)
	t.Logf("took %s", time.Since(began))
	if err := r.end(); err != nil {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
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
}
