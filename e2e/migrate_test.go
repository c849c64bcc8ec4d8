//go:build e2e

package e2e

import (
	"testing"
	"time"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

// TestRequestsPerPackage: requests decide when a migration ends. The emulator
// counts them, not the program.
func TestRequestsPerPackage(t *testing.T) {
	t.Parallel()
	l := newLab(t, emulator.Options{SyncDelay: 2 * time.Second})
	l.fill("r/", 1000, 2000)
	c := l.migrate().must(t, 0)
	s := c.summary(t)
	if s.Objects.Verified != 1000 || s.State != "completed" {
		t.Fatalf("summary: %+v", s)
	}
	stats := l.stats()
	per := float64(stats.APIRequests) / 1000
	t.Logf("%d API requests for 1,000 packages: %.3f each; the program says %.3f; %v", stats.APIRequests, per, s.APIRequestsPerPackage, stats.Requests)
	if per > 2.1 {
		t.Errorf("%.3f API requests a package, want at most 2.1", per)
	}
	if s.APIRequests != stats.APIRequests {
		t.Errorf("the program counts %d requests, the emulator %d", s.APIRequests, stats.APIRequests)
	}
	l.prove()

	// The same command again moves nothing twice.
	c = l.migrate().must(t, 0)
	if again := c.summary(t); again.Objects.Verified != 1000 || again.Objects.Enumerated != 1000 {
		t.Errorf("the second run: %+v", again)
	}
	if now := l.stats(); now.UploadRequests != stats.UploadRequests {
		t.Errorf("the second run uploaded %d times", now.UploadRequests-stats.UploadRequests)
	}
	l.prove()

	// What is new is moved, and only that.
	l.fill("new/", 5, 100)
	c = l.migrate().must(t, 0)
	if s := c.summary(t); s.Objects.Verified != 1005 {
		t.Errorf("the third run: %+v", s)
	}
	if now := l.stats(); now.UploadRequests != stats.UploadRequests+5 {
		t.Errorf("the third run uploaded %d times, want 5", now.UploadRequests-stats.UploadRequests)
	}
	l.prove()
}
