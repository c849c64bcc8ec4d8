package dir

import (
	"context"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// reserve waits for room. In a shared directory others give room back without
// a word, so whoever waits looks again from time to time.
func (s *Staging) reserve(ctx context.Context, name stage.ClaimName, size int64) error {
	w, err := s.room.ask(ctx, name, size)
	if err != nil || w == nil {
		return err
	}
	var recount <-chan time.Time
	if s.o.Shared {
		t := time.NewTicker(s.o.RecountEvery)
		defer t.Stop()
		recount = t.C
	}
	for {
		select {
		case <-w.granted:
			return nil
		case <-ctx.Done():
			s.room.leave(w)
			return ctx.Err()
		case <-recount:
			since := s.room.now()
			found, err := s.list()
			if err != nil {
				s.room.leave(w)
				return s.o.classify("counting claims", err)
			}
			s.room.replace(found, since)
		}
	}
}
