package cloudsmith_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/target/cloudsmith"
	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
	"github.com/longshore/longshore/internal/target/targettest"
	"github.com/longshore/longshore/stages/stage"
)

const (
	createRoute = "/packages/{owner}/{repo}/upload/{format}/"
	listRoute   = "/packages/{owner}/{repo}/"
)

// startEmulator serves an emulator for the time of a test.
func startEmulator(t testing.TB, o emulator.Options) *emulator.Running {
	t.Helper()
	// Tests have small parts.
	o.Guesses.MinPartBytes = -1
	e, err := emulator.Start("127.0.0.1:0", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Stop(); err != nil {
			t.Errorf("stopping the emulator: %v", err)
		}
	})
	return e
}

// openTarget opens a target on e that polls as fast as a test wants it.
func openTarget(t testing.TB, e *emulator.Running, change ...func(*cloudsmith.Options)) *cloudsmith.Target {
	t.Helper()
	o := cloudsmith.Options{
		APIHost: e.URL, UploadHost: e.UploadURL, APIKey: e.APIKey(), Owner: e.Owner(), Repo: e.Repos()[0],
		PollMin: 5 * time.Millisecond, PollMax: 20 * time.Millisecond, IndexLag: 50 * time.Millisecond,
		LookAgain: []time.Duration{20 * time.Millisecond, 50 * time.Millisecond},
	}
	for _, f := range change {
		f(&o)
	}
	target, err := cloudsmith.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := target.Close(); err != nil {
			t.Errorf("closing the target: %v", err)
		}
	})
	return target
}

func fault(t testing.TB, e *emulator.Running, faults ...emulator.Fault) {
	t.Helper()
	if _, err := e.AddFaults(faults...); err != nil {
		t.Fatal(err)
	}
}

func generic(name string) stage.Coordinates {
	return stage.Coordinates{Format: "generic", Filename: path.Base(name), Filepath: name}
}

func raw(name string) stage.Coordinates {
	return stage.Coordinates{Format: "raw", Filename: path.Base(name), Name: name}
}

func publication(c stage.Coordinates, data []byte) stage.Publication {
	sum := sha256.Sum256(data)
	return stage.Publication{
		Coordinates: c, Size: int64(len(data)), Digests: stage.Digests{SHA256: hex.EncodeToString(sum[:])},
		Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
	}
}

// await asks for the status of p until it is final.
func await(t testing.TB, target stage.Target, p stage.Package) stage.PackageStatus {
	t.Helper()
	for start := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		s, err := target.Status(t.Context(), p)
		if err != nil {
			t.Fatalf("status: %v", err)
		}
		if s.State != stage.SyncPending {
			return s
		}
		if time.Since(start) > 20*time.Second {
			t.Fatalf("package %s is still pending", p.ID)
		}
	}
}

func harness(t *testing.T, o emulator.Options, coordinates func(string) stage.Coordinates, change ...func(*cloudsmith.Options)) targettest.Harness {
	e := startEmulator(t, o)
	return targettest.Harness{
		Target:      openTarget(t, e, change...),
		Another:     func(t *testing.T) stage.Target { return openTarget(t, e, change...) },
		Coordinates: coordinates,
		Entries: func(t *testing.T, c stage.Coordinates) []targettest.Entry {
			var entries []targettest.Entry
			for _, p := range e.Packages() {
				at := stage.Coordinates{Format: p.Format, Name: p.Name, Version: p.Version, Filename: p.Filename, Filepath: p.Filepath}
				if c.Filepath != "" && at.Filepath == c.Filepath || c.Filepath == "" && at.Name == c.Name && at.Filename == c.Filename {
					entries = append(entries, targettest.Entry{ID: p.SlugPerm, SHA256: p.SHA256, Refused: p.Status == "Failed"})
				}
			}
			return entries
		},
		LoseAnswer: func(t *testing.T) {
			fault(t, e, emulator.Fault{Route: createRoute, AnswerLost: true, Times: 1})
		},
		RefuseNext: func(t *testing.T) {
			fault(t, e, emulator.Fault{Route: createRoute, Times: 1, Sync: &emulator.SyncFault{Fail: true}})
		},
	}
}

func TestSuite(t *testing.T) {
	for name, o := range map[string]emulator.Options{
		"at once":          {},
		"with slow sync":   {SyncDelay: 40 * time.Millisecond},
		"with early sums":  {SyncDelay: 40 * time.Millisecond, ChecksumsAtOnce: true},
		"refusing at once": {Duplicates: map[string]emulator.DuplicateMode{"generic": emulator.RefuseAtCreate}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			targettest.Run(t, func(t *testing.T) targettest.Harness { return harness(t, o, generic) })
		})
	}
	t.Run("raw", func(t *testing.T) {
		t.Parallel()
		targettest.Run(t, func(t *testing.T) targettest.Harness {
			return harness(t, emulator.Options{SyncDelay: 30 * time.Millisecond}, raw)
		})
	})
	t.Run("in parts", func(t *testing.T) {
		t.Parallel()
		targettest.Run(t, func(t *testing.T) targettest.Harness {
			return harness(t, emulator.Options{}, generic, func(o *cloudsmith.Options) {
				o.MultipartThreshold, o.PartSize = 1, 100_000
			})
		})
	})
}
