package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// unfinishedAge is how long nobody wrote to an unfinished file of a shared
// directory before its writer counts as dead. Reads from a source time out
// long before that.
const unfinishedAge = time.Hour

// sweepUnfinished removes what dead writers left in tmp/; for the policy see
// Options.Shared. A writer that was taken for dead fails to rename its file
// and tries again.
func (s *Staging) sweepUnfinished() error {
	entries, err := fs.ReadDir(s.root.FS(), tmpDir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if s.o.Shared && s.fresh(e) {
			continue
		}
		if err := s.root.Remove(tmpDir + "/" + e.Name()); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (s *Staging) fresh(e fs.DirEntry) bool {
	info, err := e.Info()
	return err == nil && s.o.Now().Sub(info.ModTime()) < unfinishedAge
}

// list finds all claims with their sizes. Claims that come or go meanwhile may
// be missed.
func (s *Staging) list() (map[stage.ClaimName]int64, error) {
	found := map[stage.ClaimName]int64{}
	for i := range folders {
		folder := fmt.Sprintf("%02x", i)
		entries, err := fs.ReadDir(s.root.FS(), folder)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !claimName.MatchString(e.Name()) || e.Name()[:2] != folder {
				s.o.Log.Warn("a file in the staging directory is not ours, and stays", "dir", s.o.Dir, "file", folder+"/"+e.Name())
				continue
			}
			info, err := e.Info()
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			found[stage.ClaimName(e.Name())] = info.Size()
		}
	}
	return found, nil
}

// Sweep releases the claims that keep refuses, and says how many and how large
// they were. Claims put after it began are safe. It is for the start of a run:
// one that is swept although somebody needs it is fetched again.
func (s *Staging) Sweep(ctx context.Context, keep func(stage.ClaimName) bool) (n int, bytes int64, err error) {
	found, err := s.list()
	if err != nil {
		return 0, 0, s.o.classify("sweeping: listing claims", err)
	}
	for name, size := range found {
		if keep(name) {
			continue
		}
		if err := s.Release(ctx, name); err != nil {
			return n, bytes, fmt.Errorf("sweeping: %w", err)
		}
		n, bytes = n+1, bytes+size
	}
	return n, bytes, nil
}
