package engine

import (
	"context"
	"io"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/topology"
)

var toyNames = topology.Names{Prefix: "longshore", Run: "toy"}

// rig is one process: an engine over a world.
type rig struct {
	*Engine
	stop context.CancelFunc
	done chan error
}

// options are those of a rig before a test changes them.
func options(t testing.TB, w *world, b bus.Bus) Options {
	var out io.Writer = os.Stderr
	if _, isTest := t.(*testing.T); isTest {
		out = t.Output()
	}
	return Options{
		Log:  slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Plan: w.plan(t), Names: toyNames, Bus: b, Strategy: topology.Small,
		Env: func(string) stage.Env { return stage.Env{} },
	}
}

// start runs an engine. The test ends it with halt, or cleanup does.
func start(t testing.TB, o Options) *rig {
	t.Helper()
	e, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &rig{Engine: e, stop: cancel, done: make(chan error, 1)}
	go func() { r.done <- e.Run(ctx); close(r.done) }()
	<-e.Running()
	return r
}

// end drains the engine and returns what Run returned.
func (r *rig) end() error {
	r.stop()
	return <-r.done
}

// list starts the first listing.
func (r *rig) list(t testing.TB) {
	t.Helper()
	if err := r.Start(t.Context(), stage.Shard{Listing: 1}); err != nil {
		t.Fatal(err)
	}
}

// settle waits until no group has anything left to do. On virtual time this
// takes none, however long the delays.
func settle(t testing.TB, w *world, b bus.Bus) {
	t.Helper()
	quiet := 0
	for deadline := time.Now().Add(24 * time.Hour); quiet < 3; time.Sleep(500 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the flow does not come to rest")
		}
		if lagOf(t, w, b) > 0 {
			quiet = 0
			continue
		}
		quiet++
	}
}

func lagOf(t testing.TB, w *world, b bus.Bus) int64 {
	t.Helper()
	var lag int64
	for _, n := range w.plan(t).Nodes {
		name := n.Stage.Name
		groups := map[string]string{toyNames.Group(name): toyNames.Topic(n.In)}
		for _, tr := range tiers() {
			groups[laterGroup(toyNames, name, tr)] = toyNames.Later(name, tr.name)
		}
		for group, topic := range groups {
			l, err := b.Lag(t.Context(), group, topic)
			if err != nil {
				t.Fatal(err)
			}
			lag += l
		}
	}
	return lag
}
