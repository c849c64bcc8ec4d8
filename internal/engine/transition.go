package engine

import (
	"encoding/json"
	"fmt"

	"github.com/longshore/longshore/stages/stage"
)

// Limits of one transition's Found list, so that a page of a listing fits the
// broker's record size.
const (
	maxFound      = 100
	maxFoundBytes = 200 << 10
)

// transitions are the records for the audit topic of one delivery whose input
// became e: one, or more where it found many objects.
func transitions(topic string, e stage.Envelope, t stage.Transition, found []stage.Object) ([]record, error) {
	pages, err := foundPages(found)
	if err != nil {
		return nil, err
	}
	records := make([]record, len(pages))
	for i, p := range pages {
		one := t
		one.Found = p
		// The listing has ended only when all that it found is told.
		one.ShardDone = t.ShardDone && i == len(pages)-1
		records[i] = transitionRecord(topic, e, one)
	}
	return records, nil
}

func transitionRecord(topic string, e stage.Envelope, t stage.Transition) record {
	e = e.With(func(a *stage.Artifact) { a.Transition = &t })
	return record{topic: topic, env: e}
}

// foundPages cuts found into lists that fit one record each; there is always
// at least one.
func foundPages(found []stage.Object) ([][]stage.Object, error) {
	pages := [][]stage.Object{nil}
	size := 0
	for _, o := range found {
		b, err := json.Marshal(o)
		if err != nil {
			return nil, fmt.Errorf("measuring %s: %w", o.URI(), err)
		}
		last := len(pages) - 1
		if n := len(pages[last]); n == maxFound || n > 0 && size+len(b) > maxFoundBytes {
			pages = append(pages, nil)
			last, size = last+1, 0
		}
		pages[last] = append(pages[last], o)
		size += len(b)
	}
	return pages, nil
}
