package stagetest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/source/sourcetest"
	"github.com/longshore/longshore/internal/staging/stagingtest"
	"github.com/longshore/longshore/internal/target/targettest"
	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/stages/stagetest"
)

// The ports of the World are held to the suites of the real drivers, so that a
// stage that works with them works with those. They are tested as stages get
// them: behind the wrapper that injects faults.

func env(w *stagetest.World) stage.Env {
	return w.Env(stage.Spec{Name: "any", Uses: stage.Dependencies()}, "")
}

func TestSourcePassesTheSuiteOfSources(t *testing.T) {
	for name, keep := range map[string]bool{"with versions": true, "without versions": false} {
		t.Run(name, func(t *testing.T) {
			sourcetest.Run(t, func(*testing.T) sourcetest.Harness { return sourceHarness(keep) })
		})
	}
}

func sourceHarness(keepVersions bool) sourcetest.Harness {
	const pageSize = 7
	w := stagetest.NewWorld()
	w.Source.KeepVersions(keepVersions)
	w.Source.PageSize(pageSize)
	return sourcetest.Harness{
		Source: env(w).Source, Bucket: stagetest.Bucket, PageSize: pageSize, KeepsVersions: keepVersions,
		Put:           func(_ *testing.T, key string, content []byte) { w.Source.Put(key, content) },
		Delete:        func(_ *testing.T, key string) { w.Source.Delete(key) },
		CutOnce:       func(_ *testing.T, key string, n int64) { w.Source.CutOnce(key, int(n)) },
		CutAlways:     func(_ *testing.T, key string, n int64) { w.Source.Cut(key, int(n)) },
		EmptyPageNext: func(*testing.T) { w.Source.EmptyPage() },
		DenyList: func(*testing.T) {
			w.Fail(stagetest.SourceList, 0, stage.Halt(errors.New("access denied"), stage.Hint("allow listing the bucket")))
		},
	}
}

func TestStagingPassesTheSuiteOfStagingAreas(t *testing.T) {
	stagingtest.Run(t, func(*testing.T) stage.Staging { return env(stagetest.NewWorld()).Staging })
}

func TestLedgerPassesTheSuiteOfLedgers(t *testing.T) {
	ledgertest.Run(t, func(*testing.T) stage.Ledger { return env(stagetest.NewWorld()).Ledger })
}

func TestTargetPassesTheSuiteOfTargets(t *testing.T) {
	targettest.Run(t, func(*testing.T) targettest.Harness {
		w := stagetest.NewWorld()
		return targettest.Harness{
			Target: syncing{env(w).Target, w.Target},
			Coordinates: func(name string) stage.Coordinates {
				return stage.Coordinates{Format: "generic", Filename: "file", Filepath: name}
			},
			Entries: func(_ *testing.T, c stage.Coordinates) []targettest.Entry {
				var all []targettest.Entry
				for _, p := range w.Target.Packages() {
					if p.Package.Coordinates == c {
						all = append(all, targettest.Entry{ID: p.Package.ID, SHA256: p.Package.SHA256, Refused: p.State == stage.SyncFailed})
					}
				}
				return all
			},
			LoseAnswer: func(*testing.T) { w.Lose(stagetest.TargetPublish, 1, errors.New("connection reset")) },
			RefuseNext: func(*testing.T) { w.Target.RefuseNext() },
		}
	})
}

// syncing lets time pass at the far side: what was pending is processed once
// its status was asked for.
type syncing struct {
	stage.Target
	far *stagetest.Target
}

func (s syncing) Status(ctx context.Context, p stage.Package) (stage.PackageStatus, error) {
	status, err := s.Target.Status(ctx, p)
	s.far.Sync()
	return status, err
}
