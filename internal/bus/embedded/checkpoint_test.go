package embedded

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
)

// The format of snapshots is the broker's affair. If a new version of it
// changes the format, this fails rather than the memory of a user's machine.
func TestSnapshotIsWhatTheBrokerWouldWrite(t *testing.T) {
	t.Parallel()
	dir, image := filledLog(t)
	if err := checkpoint(image, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	ours, theirs := readSnapshot(t, image), readSnapshot(t, dir)
	if len(ours.Segments) < 2 {
		t.Fatalf("only %d segments", len(ours.Segments))
	}
	if ours.Version != theirs.Version || ours.HighWatermark != theirs.HighWatermark || ours.LastStableOffset != theirs.LastStableOffset ||
		ours.LogStartOffset != theirs.LogStartOffset || ours.Epoch != theirs.Epoch || !slices.Equal(ours.Segments, theirs.Segments) {
		t.Errorf("ours:   %+v\ntheirs: %+v", ours, theirs)
	}
	// Both leave the log as it is, and ours is written once only.
	before := modified(t, image)
	if err := checkpoint(image, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if after := modified(t, image); after != before {
		t.Error("a snapshot that fits was written again")
	}
}

func TestTornLogIsCutAtARecord(t *testing.T) {
	t.Parallel()
	_, image := filledLog(t)
	segments, err := segmentsOf(partitionOf(image))
	if err != nil {
		t.Fatal(err)
	}
	last := filepath.Join(partitionOf(image), segmentName(segments[len(segments)-1].BaseOffset))
	whole, err := os.ReadFile(last)
	if err != nil {
		t.Fatal(err)
	}
	var bounds []int64 // after each batch
	for cut := range len(whole) + 1 {
		if cut > 400 && cut < len(whole)-400 {
			continue
		}
		if err := os.WriteFile(last, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		size, next, err := soundEnd(last)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if size > int64(cut) || (size == 0) != (next == 0) {
			t.Fatalf("cut at %d: %d bytes, next offset %d", cut, size, next)
		}
		if !slices.Contains(bounds, size) {
			bounds = append(bounds, size)
		}
	}
	if len(bounds) < 3 || bounds[len(bounds)-1] != int64(len(whole)) {
		t.Errorf("the log was cut at %v of %d", bounds, len(whole))
	}
	flipped := slices.Clone(whole)
	flipped[len(flipped)-1] ^= 1
	if err := os.WriteFile(last, flipped, 0o600); err != nil {
		t.Fatal(err)
	}
	if size, _, err := soundEnd(last); err != nil || size >= int64(len(whole)) {
		t.Errorf("with a flipped bit in the last record: %d bytes, %v", size, err)
	}
}

func TestUnknownFormatIsLeftAlone(t *testing.T) {
	t.Parallel()
	_, image := filledLog(t)
	if err := os.WriteFile(filepath.Join(image, "meta.json"), []byte(`{"version":99}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := checkpoint(image, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(partitionOf(image), "snapshot.json")); !os.IsNotExist(err) {
		t.Errorf("a snapshot was written: %v", err)
	}
}

const logTopic = "longshore.log.found"

func partitionOf(dir string) string { return filepath.Join(dir, "partitions", logTopic+"-0") }

// filledLog returns a log that was closed, and a copy of what kill -9 would
// have left.
func filledLog(t *testing.T) (closed, image string) {
	t.Helper()
	closed, image = t.TempDir(), t.TempDir()
	b, err := Open(t.Context(), Options{Dir: closed})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.CreateTopics(t.Context(), []bus.Topic{{Name: logTopic, Partitions: 1}}); err != nil {
		t.Fatal(err)
	}
	for i, size := range []int{400 << 10, 400 << 10, 400 << 10, 10, 20, 30, 40, 50} {
		m := message.NewMessage(strings.Repeat("i", i+1), make([]byte, size))
		if err := b.Publisher().Publish(logTopic, m); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(image, os.DirFS(closed)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(partitionOf(image), "snapshot.json")); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	return closed, image
}

func readSnapshot(t *testing.T, dir string) (s snapshot) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(partitionOf(dir), "snapshot.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func modified(t *testing.T, dir string) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(partitionOf(dir), "snapshot.json"))
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime().UnixNano()
}
