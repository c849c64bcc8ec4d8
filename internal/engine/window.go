package engine

import (
	"fmt"
	"sync"

	"github.com/longshore/longshore/stages/stage"
)

// window looks at the last messages of a stage: when too many of them were
// given up, the world is broken rather than the messages.
type window struct {
	limit int

	mu      sync.Mutex
	last    []bool // a ring; true: given up
	next    int
	givenUp int
}

func newWindow(p Policy) *window {
	return &window{limit: p.WindowFailures, last: make([]bool, p.Window)}
}

// add notes the end of one message and says whether that was one too many; the
// count then begins anew.
func (w *window) add(givenUp bool) (tripped bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last[w.next] {
		w.givenUp--
	}
	w.last[w.next] = givenUp
	w.next = (w.next + 1) % len(w.last)
	if givenUp {
		w.givenUp++
	}
	if w.givenUp < w.limit {
		return false
	}
	clear(w.last)
	w.givenUp = 0
	return true
}

// tooMany is the halt of a stage whose window tripped.
func tooMany(p Policy, last error) error {
	return stage.Halt(
		fmt.Errorf("%d of the last %d messages were given up, the last one because of: %w", p.WindowFailures, p.Window, last),
		stage.Code("window"),
		stage.Hint("look at the failed topic; mend the cause and replay it, or raise Policy.WindowFailures if these objects are meant to fail"),
	)
}
