//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

func TestEmptyBucket(t *testing.T) {
	t.Parallel()
	l := newLab(t, emulator.Options{})
	s := l.migrate().must(t, 0).summary(t)
	if s.State != "completed" || s.Objects.Enumerated != 0 {
		t.Errorf("summary: %+v", s)
	}
}

// TestOddKeys: what is unusual in a key arrives as it is.
func TestOddKeys(t *testing.T) {
	t.Parallel()
	l := newLab(t, emulator.Options{})
	long := strings.Repeat(strings.Repeat("n", 199)+"/", 4) + strings.Repeat("z", 100)
	keys := []string{
		"plain.bin", "with space.txt", "plus+sign.bin", "per%cent%20.bin", "uni/ü/日本/😀.bin", "q?uestion=&amp;#.bin", "quote'\".bin",
		"a/b/c/d/e/f.bin", "UPPER/lower.BIN", "tilde~!@$^*()[]{}|\\;,.bin", ".hidden/.file", "-dash/--flag", long, "blank /inside ./of segments.bin",
	}
	for i, k := range keys {
		l.put(k, content(i, 100+i))
	}
	l.put("empty.bin", nil)
	if _, err := l.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("folder/")}); err != nil {
		t.Fatal(err)
	}
	s := l.migrate().must(t, 0).summary(t)
	if s.Objects.Verified != int64(len(keys)+1) || s.Objects.Excluded != 1 {
		t.Errorf("summary: %+v", s)
	}
	l.prove()

	// What cannot arrive under its own name is refused with a reason, since
	// the target would cut the blank off.
	l.put("plain.bin ", content(99, 10))
	s = l.migrate().must(t, 3).summary(t)
	if s.Objects.Failed != 1 || s.Failures[0].Code != "unmappable" || s.Failures[0].Hint == "" {
		t.Errorf("summary: %+v", s)
	}
}

// TestLargeObjectUsesLittleMemory moves 2 GiB within 256 MiB.
func TestLargeObjectUsesLittleMemory(t *testing.T) {
	t.Parallel()
	l := newLab(t, emulator.Options{})
	l.putLarge("two-gib.bin", 2<<30)
	c := l.migrate().must(t, 0)
	l.wantVerified(c.summary(t), 1)
	wantRSS(t, c, 256<<20)
	t.Logf("2 GiB in %.1f s", c.summary(t).DurationSeconds)
	l.prove()
}

// TestManyObjectsUseLittleMemory moves 100,000 objects within 256 MiB, and
// again after a restart in the middle, when the broker reads its log back.
func TestManyObjectsUseLittleMemory(t *testing.T) {
	t.Parallel()
	const n = 100_000
	l := newLab(t, emulator.Options{})
	begun := time.Now()
	l.fill("m/", n, 64)
	t.Logf("filled the bucket in %s", time.Since(begun).Round(time.Second))
	c := l.migrate().mustStart(t)
	for l.stats().UploadRequests < n/2 {
		time.Sleep(500 * time.Millisecond)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	c.finish(t)
	wantRSS(t, c, 256<<20)
	c = l.migrate().must(t, 0)
	l.wantVerified(c.summary(t), n)
	wantRSS(t, c, 256<<20)
	t.Logf("%d objects: %.1f s after the restart, %.3f requests each", n, c.summary(t).DurationSeconds, float64(l.stats().APIRequests)/n)
	l.prove()
}

func wantRSS(t *testing.T, c *command, limit int64) {
	t.Helper()
	if got := c.maxRSS(); got > limit {
		t.Errorf("max RSS %d MiB, want at most %d MiB", got>>20, limit>>20)
	}
}
