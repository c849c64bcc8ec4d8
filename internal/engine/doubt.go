package engine

import (
	"sync"

	"github.com/longshore/longshore/internal/bus"
)

// How many of the first messages of a partition that lay there before it was
// assigned to us may have been handled by the member that had it before:
// those whose offsets it had not committed yet.
const (
	// doubtCommitEach holds where every offset is committed by itself.
	doubtCommitEach = 1
	// doubtInterval covers a commit interval of a fast stage. A message too
	// many in doubt costs a look; one too few could cost a duplicate.
	doubtInterval = 1024
)

// doubts tells which messages may have been handled before: those that a
// member which is gone may have left half done, and those that this process
// has started already, before it lost and regained the partition.
type doubts struct {
	window int64

	mu      sync.Mutex
	started map[partition]int64 // highest offset
}

type partition struct {
	topic string
	index int32
}

func newDoubts(window int64) *doubts {
	return &doubts{window: window, started: map[partition]int64{}}
}

// start notes that the message at p is about to be handled and says whether
// that may have happened before.
func (d *doubts) start(p bus.Position) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := partition{p.Topic, p.Partition}
	highest, known := d.started[at]
	again := known && p.Offset <= highest
	if !again {
		d.started[at] = p.Offset
	}
	return again || p.Backlog && p.SinceAssigned < d.window
}
