package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/stages/stage"
)

func TestWindowTripsOnTheLimitAndBeginsAnew(t *testing.T) {
	p := Policy{Window: 5, WindowFailures: 3}
	for _, c := range []struct {
		given string // x: given up, .: passed
		trips int
	}{
		{"xxx", 1},
		{"x.x.x", 1},
		{"x..x..x..x", 0},
		{"xxxxxx", 2},
		{"xx...xx", 0},
		{"xx...x.xx", 1},
	} {
		w := newWindow(p)
		trips := 0
		for _, r := range c.given {
			if w.add(r == 'x') {
				trips++
			}
		}
		if trips != c.trips {
			t.Errorf("%s tripped %d times, want %d", c.given, trips, c.trips)
		}
	}
}

func TestDoubts(t *testing.T) {
	at := func(offset int64, backlog bool, since int64) bus.Position {
		return bus.Position{Topic: "t", Offset: offset, Backlog: backlog, SinceAssigned: since}
	}
	for _, c := range []struct {
		name   string
		window int64
		past   []bus.Position
		p      bus.Position
		want   bool
	}{
		{"a new message is not in doubt", 1, nil, at(0, false, 0), false},
		{"the first of a backlog is", 1, nil, at(7, true, 0), true},
		{"the second is not where each offset is committed", 1, nil, at(8, true, 1), false},
		{"it is where offsets are committed now and again", 1024, nil, at(8, true, 1), true},
		{"one far behind is not", 1024, nil, at(2000, true, 1024), false},
		{"what was started before is, when the partition comes back", 1, []bus.Position{at(5, false, 5)}, at(5, false, 0), true},
		{"and so is what lies before it", 1, []bus.Position{at(5, false, 5)}, at(4, true, 3), true},
		{"what lies behind it is not", 1, []bus.Position{at(5, false, 5)}, at(6, true, 1), false},
		{"another partition is another matter", 1, []bus.Position{{Topic: "t", Partition: 1, Offset: 5}}, at(5, false, 0), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDoubts(c.window)
			for _, p := range c.past {
				d.start(p)
			}
			if got := d.start(c.p); got != c.want {
				t.Errorf("in doubt: %t, want %t", got, c.want)
			}
		})
	}
}

func TestDoubledStopsAtItsLimit(t *testing.T) {
	for n, want := range []time.Duration{1, 2, 4, 8, 10, 10} {
		if got := doubled(n, time.Second, 10*time.Second); got != want*time.Second {
			t.Errorf("doubled %d times: %s, want %ds", n, got, want)
		}
	}
	if got := doubled(1000, time.Second, time.Hour); got != time.Hour {
		t.Errorf("doubled 1000 times: %s", got)
	}
	for range 1000 {
		if d := jittered(time.Second); d < 500*time.Millisecond || d >= time.Second {
			t.Fatalf("jittered to %s", d)
		}
	}
}

func TestTierForPicksTheShortestThatHolds(t *testing.T) {
	for wait, want := range map[time.Duration]time.Duration{
		-1: shortWait, 0: shortWait, shortWait: shortWait, shortWait + 1: longWait, longWait: longWait, time.Hour: longWait,
	} {
		if got := tierFor(wait).length; got != want {
			t.Errorf("a wait of %s goes to the tier of %s, want %s", wait, got, want)
		}
	}
}

func TestFoundIsSpreadOverRecordsThatFit(t *testing.T) {
	long := func(n int) []stage.Object {
		var all []stage.Object
		for i := range n {
			all = append(all, stage.Object{Bucket: "b", Key: fmt.Sprintf("%0900d", i), ETag: "e"})
		}
		return all
	}
	for _, n := range []int{0, 1, 99, 100, 101, 1000} {
		pages, err := foundPages(long(n))
		if err != nil {
			t.Fatal(err)
		}
		sum := 0
		for _, p := range pages {
			sum += len(p)
			if len(p) > maxFound {
				t.Errorf("%d objects in one record", len(p))
			}
		}
		if want := max(1, (n+99)/100); sum != n || len(pages) != want {
			t.Errorf("%d objects became %d in %d records, want %d", n, sum, len(pages), want)
		}
	}
	// Control characters take six bytes each in JSON: the size decides.
	var wide []stage.Object
	for range 100 {
		wide = append(wide, stage.Object{Key: string(make([]byte, 1000))})
	}
	pages, err := foundPages(wide)
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) != 4 {
		t.Errorf("600 kB of objects became %d records, want 4", len(pages))
	}
}
