package dir

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// rig is a room in which writers come and go in the background.
type rig struct {
	t    *testing.T
	room *room

	mu sync.Mutex
	in []stage.ClaimName // who got room
}

// want puts a writer in line, who notes when it got room.
func (g *rig) want(ctx context.Context, name stage.ClaimName, size int64) {
	go func() {
		s := &Staging{room: g.room}
		if err := s.reserve(ctx, name, size); err == nil {
			g.mu.Lock()
			g.in = append(g.in, name)
			g.mu.Unlock()
		} else if !errors.Is(err, context.Canceled) {
			g.t.Errorf("%s: %v", name, err)
		}
	}()
	synctest.Wait() // it has room or stands in line
}

// keep has a writer finish.
func (g *rig) keep(name stage.ClaimName, size int64) { g.room.settle(name, size, true) }

func (g *rig) check(want string) {
	g.t.Helper()
	synctest.Wait()
	used, _ := g.room.usedBy()
	g.mu.Lock()
	defer g.mu.Unlock()
	slices.Sort(g.in)
	if got := fmt.Sprint(g.in, " used ", used); got != want {
		g.t.Errorf("got %s, want %s", got, want)
	}
}

func TestRoomIsGivenInTheOrderOfTheLine(t *testing.T) {
	for name, play := range map[string]func(g *rig){
		"a large object is not overtaken by small ones that would fit": func(g *rig) {
			g.want(g.t.Context(), "a", 60)
			g.want(g.t.Context(), "large", 90)
			g.want(g.t.Context(), "small", 10)
			g.check("[a] used 60")
			g.keep("a", 60)
			g.check("[a] used 60")
			g.room.release("a")
			g.check("[a large small] used 100")
		},
		"who leaves the line lets the next one in": func(g *rig) {
			ctx, cancel := context.WithCancel(g.t.Context())
			g.want(g.t.Context(), "a", 60)
			g.want(ctx, "large", 90)
			g.want(g.t.Context(), "small", 10)
			cancel()
			g.check("[a small] used 70")
		},
		"a writer that fails gives its room back": func(g *rig) {
			g.want(g.t.Context(), "a", 60)
			g.want(g.t.Context(), "b", 60)
			g.room.settle("a", 0, false)
			g.check("[a b] used 60")
		},
		"a name that is put again needs no room": func(g *rig) {
			g.want(g.t.Context(), "a", 100)
			g.keep("a", 100)
			g.want(g.t.Context(), "b", 1)
			g.want(g.t.Context(), "a", 100)
			g.check("[a a] used 100")
			g.room.settle("a", 0, false) // the first copy is still there
			g.check("[a a] used 100")
			g.room.release("a")
			g.check("[a a b] used 1")
		},
		"a release while the name is put again counts the new copy": func(g *rig) {
			g.want(g.t.Context(), "a", 100)
			g.keep("a", 100)
			g.want(g.t.Context(), "a", 100)
			g.room.release("a")
			g.check("[a a] used 100")
			g.keep("a", 100)
			g.check("[a a] used 100")
			g.room.release("a")
			g.check("[a a] used 0")
		},
		"two in line for one name need its room once": func(g *rig) {
			g.want(g.t.Context(), "a", 100)
			g.want(g.t.Context(), "b", 60)
			g.want(g.t.Context(), "b", 60)
			g.room.settle("a", 0, false)
			g.check("[a b b] used 60")
		},
		"an empty object needs no room": func(g *rig) {
			g.want(g.t.Context(), "a", 100)
			g.want(g.t.Context(), "b", 1)
			g.want(g.t.Context(), "empty", 0)
			g.check("[a empty] used 100")
		},
		"a release of what is not there gives nothing": func(g *rig) {
			g.want(g.t.Context(), "a", 100)
			g.room.release("b")
			g.check("[a] used 100")
		},
		"a lowered quota lets nobody in until it is kept again": func(g *rig) {
			g.room.replace(map[stage.ClaimName]int64{"a": 80, "b": 80}, 0)
			g.want(g.t.Context(), "c", 30)
			g.want(g.t.Context(), "a", 80)
			g.check("[a] used 160")
			g.room.release("b")
			g.check("[a] used 80")
			g.keep("a", 80)
			g.room.release("a")
			g.check("[a c] used 30")
		},
		"a new count keeps what was put since it began": func(g *rig) {
			g.want(g.t.Context(), "old", 10)
			g.keep("old", 10)
			since := g.room.now()
			g.want(g.t.Context(), "new", 10)
			g.keep("new", 10)
			g.want(g.t.Context(), "writing", 10)
			g.room.replace(map[stage.ClaimName]int64{"others'": 5}, since)
			g.check("[new old writing] used 25")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// t.Context ends when the function returns, and with it
				// whoever still stands in line.
				play(&rig{t: t, room: newRoom(100)})
			})
		})
	}
}

func TestWithoutAQuotaNobodyWaits(t *testing.T) {
	r := newRoom(0)
	for i := range 10 {
		if w, err := r.ask(t.Context(), stage.ClaimName(fmt.Sprint(i)), 1<<60); w != nil || err != nil {
			t.Fatal(w, err)
		}
	}
}

func TestAnObjectLargerThanTheQuotaIsPermanent(t *testing.T) {
	_, err := newRoom(100).ask(t.Context(), "a", 101)
	if f := stage.FailureOf(err); f.Class != stage.Permanent || f.Code != "too-large" || f.Hint == "" {
		t.Errorf("got %+v, want a permanent failure too-large with a hint", f)
	}
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Staging{room: newRoom(100)}
		if err := s.reserve(t.Context(), "a", 100); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begun := time.Now()
		if err := s.reserve(ctx, "b", 1); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Minute {
			t.Errorf("got %v after %s", err, time.Since(begun))
		}
		s.room.settle("a", 0, false)
		if used, claims := s.room.usedBy(); used != 0 || claims != 0 {
			t.Errorf("%d bytes, %d claims left", used, claims)
		}
	})
}

// The room may be granted in the moment in which the waiter leaves.
func TestLeavingGivesBackWhatWasJustGranted(t *testing.T) {
	r := newRoom(100)
	if _, err := r.ask(t.Context(), "a", 100); err != nil {
		t.Fatal(err)
	}
	w, err := r.ask(t.Context(), "b", 100)
	if err != nil || w == nil {
		t.Fatal(w, err)
	}
	r.settle("a", 0, false)
	<-w.granted
	r.leave(w)
	if used, claims := r.usedBy(); used != 0 || claims != 0 {
		t.Errorf("%d bytes, %d claims left", used, claims)
	}
}
