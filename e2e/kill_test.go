//go:build e2e

package e2e

import (
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

// seedOf logs the seed of a random test, which LONGSHORE_SEED repeats.
func seedOf(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if v := os.Getenv("LONGSHORE_SEED"); v != "" {
		n, err := strconv.ParseUint(v, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	t.Logf("LONGSHORE_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// TestKillAtRandomMoments kills the whole process twenty times, repeats the
// same command each time, and demands that nothing is lost, doubled or wrong
// (I6).
func TestKillAtRandomMoments(t *testing.T) {
	t.Parallel()
	rng := seedOf(t)
	l := newLab(t, emulator.Options{SyncDelay: time.Second})
	l.fill("k/", 2500, 3000)
	l.put("big.bin", content(-1, 20<<20))
	kills := 0
	for kills < 20 {
		c := l.migrate()
		c.mustStart(t)
		done := make(chan error, 1)
		go func() { done <- c.Wait() }()
		// Most of a run's life is short steps: some kills hit the start-up.
		wait := time.Duration(100+rng.IntN(1900)) * time.Millisecond
		select {
		case err := <-done:
			if err != nil {
				t.Fatalf("run %d ended by itself: %v\n%s", kills, err, c.stderr.String())
			}
			// Complete before all kills were spent: give it more to do.
			l.fill("more-"+strconv.Itoa(kills)+"/", 400, 3000)
		case <-time.After(wait):
			if err := c.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			<-done
			kills++
			t.Logf("kill %d after %s", kills, wait)
		}
	}
	c := l.migrate().must(t, 0)
	s := c.summary(t)
	objects, bytes := l.listedBytes()
	if s.Objects.Verified != objects || s.Objects.Enumerated != objects || s.Bytes != bytes || s.Objects.InFlight != 0 {
		t.Errorf("the ledger says %+v and %d bytes; the bucket holds %d objects of %d bytes", s.Objects, s.Bytes, objects, bytes)
	}
	l.prove()
	stats := l.stats()
	t.Logf("%d uploads for %d objects", stats.UploadRequests, objects)
}

// TestTermFinishesWhatIsInFlight: SIGTERM in mid-run ends in good order, and
// the resumed run uploads nothing a second time (I6).
func TestTermFinishesWhatIsInFlight(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		signal syscall.Signal
		code   int
	}{{"SIGTERM", syscall.SIGTERM, 143}, {"SIGINT", syscall.SIGINT, 130}} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, emulator.Options{SyncDelay: time.Second})
			// Uploads take a while, so that some are in flight at the signal.
			l.fault(emulator.Fault{Role: emulator.RoleUpload, Latency: emulator.Duration(200 * time.Millisecond)})
			l.fill("t/", 300, 3000)
			c := l.migrate()
			c.mustStart(t)
			for l.stats().UploadRequests < 60 {
				time.Sleep(20 * time.Millisecond)
			}
			if err := c.Process.Signal(tc.signal); err != nil {
				t.Fatal(err)
			}
			if code := c.finish(t); code != tc.code {
				t.Fatalf("exit code %d, want %d", code, tc.code)
			}
			if s := c.summary(t); s.State != "interrupted" {
				t.Errorf("state %q, want interrupted", s.State)
			}
			if n := l.stats().UploadRequests; n >= 300 {
				t.Fatalf("all %d uploads were done before the signal", n)
			}
			s := l.migrate().must(t, 0).summary(t)
			if s.Objects.Verified != 300 {
				t.Errorf("after resuming: %+v", s.Objects)
			}
			if n := l.stats().UploadRequests; n != 300 {
				t.Errorf("%d uploads for 300 objects", n)
			}
			l.prove()
		})
	}
}

// TestSecondRunIsLockedOut: two runs must not work in one state directory.
func TestSecondRunIsLockedOut(t *testing.T) {
	t.Parallel()
	l := newLab(t, emulator.Options{})
	l.fault(emulator.Fault{Role: emulator.RoleUpload, Latency: emulator.Duration(500 * time.Millisecond)})
	l.fill("l/", 50, 100)
	first := l.migrate()
	first.mustStart(t)
	for l.stats().UploadRequests == 0 {
		time.Sleep(20 * time.Millisecond)
	}
	second := l.migrate().must(t, 10)
	wantOneSentence(t, second, "--state-dir")
	if code := first.finish(t); code != 0 {
		t.Errorf("the first run ended with %d", code)
	}
	l.prove()
}
