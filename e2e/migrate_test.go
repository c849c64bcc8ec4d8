//go:build e2e

package e2e

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/longshore/longshore/internal/report"
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
	l.wantReport(1000)

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

// wantReport demands a line for every object, with equal digests on both sides.
func (l *lab) wantReport(n int) {
	l.Helper()
	out := filepath.Join(l.TempDir(), "proof.ndjson.zst")
	l.command(nil, "report", "--state-dir", l.state, "--out", out).must(l.T, 0)
	f, err := os.Open(out)
	if err != nil {
		l.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		l.Fatal(err)
	}
	defer z.Close()
	lines := json.NewDecoder(z)
	for i := range n {
		var o report.Object
		if err := lines.Decode(&o); err != nil {
			l.Fatalf("line %d of the report: %v", i, err)
		}
		if want := hex.EncodeToString(l.objects[o.Key]); o.SHA256 != want || o.TargetSHA256 != want || o.Disposition != "verified" || o.SourceProof == "" {
			l.Fatalf("the report says %+v; want the sha256 %s on both sides", o, want)
		}
	}
	if lines.More() {
		l.Errorf("the report has more than %d lines", n)
	}
}
