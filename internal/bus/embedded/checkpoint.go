package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The broker writes a snapshot of every partition when it is closed, and reads
// the log segment by segment when it finds one that matches. After the death
// of the process there is none, and it holds the whole log in memory at once:
// 1.1 GB for a million records. So we write the snapshots before it starts.
// They hold nothing that is not in the log; where the format is not the one we
// know, we leave it alone and the broker reads as it likes.

// snapshotVersion is the format that we know.
const snapshotVersion = 1

type snapshot struct {
	Version          int           `json:"version"`
	HighWatermark    int64         `json:"high_watermark"`
	LastStableOffset int64         `json:"last_stable_offset"`
	LogStartOffset   int64         `json:"log_start_offset"`
	Epoch            int32         `json:"epoch"`
	CreatedAt        time.Time     `json:"created_at"`
	Segments         []segmentInfo `json:"segments"`
}

type segmentInfo struct {
	BaseOffset int64 `json:"base_offset"`
	Size       int64 `json:"size"`
}

// checkpoint prepares the log in dir for a start that needs little memory. It
// cuts off what a crash left half written, as the broker would.
func checkpoint(dir string, log *slog.Logger) error {
	known, err := knownFormat(dir)
	if err != nil || !known {
		return err
	}
	// Consumer group members of the last process: none of them comes back, and
	// the group would wait for them.
	if err := remove(filepath.Join(dir, "session_state.json")); err != nil {
		return err
	}
	partitions, err := os.ReadDir(filepath.Join(dir, "partitions"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, p := range partitions {
		if err := checkpointPartition(filepath.Join(dir, "partitions", p.Name()), log); err != nil {
			return fmt.Errorf("partition %s: %w", p.Name(), err)
		}
	}
	return nil
}

// knownFormat is false for a directory that is new or was written in another
// format.
func knownFormat(dir string) (bool, error) {
	b, err := os.ReadFile(filepath.Join(dir, "meta.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var meta struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(b, &meta); err != nil {
		return false, fmt.Errorf("reading meta.json: %w", err)
	}
	return meta.Version == snapshotVersion, nil
}

func checkpointPartition(dir string, log *slog.Logger) error {
	segments, err := segmentsOf(dir)
	if err != nil || len(segments) == 0 {
		return err
	}
	path := filepath.Join(dir, "snapshot.json")
	if current(path, segments) {
		return nil
	}
	// Only the last segment can have been written to, so only its end can be
	// torn and only it says where the log ends.
	var end int64
	for len(segments) > 0 && end == 0 {
		last := &segments[len(segments)-1]
		file := filepath.Join(dir, segmentName(last.BaseOffset))
		size, next, err := soundEnd(file)
		if err != nil {
			return err
		}
		if size != last.Size {
			log.Warn("cutting off a record that was half written when the process or the machine died",
				"file", file, "bytes", last.Size-size)
		}
		if size == 0 {
			// The crash came before its first record was whole.
			segments = segments[:len(segments)-1]
			if err := remove(file); err != nil {
				return err
			}
			continue
		}
		if size != last.Size {
			if err := os.Truncate(file, size); err != nil {
				return err
			}
			last.Size = size
		}
		end = next
	}
	if len(segments) == 0 {
		return nil
	}
	first, err := os.Stat(filepath.Join(dir, segmentName(segments[0].BaseOffset)))
	if err != nil {
		return err
	}
	return writeJSON(path, snapshot{
		Version:          snapshotVersion,
		HighWatermark:    end,
		LastStableOffset: end,
		LogStartOffset:   segments[0].BaseOffset,
		CreatedAt:        first.ModTime(),
		Segments:         segments,
	})
}

// current says whether the snapshot at path describes these segments, as it
// does after the broker was closed.
func current(path string, segments []segmentInfo) bool {
	b, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	var s snapshot
	return json.Unmarshal(b, &s) == nil && s.Version == snapshotVersion && slices.Equal(s.Segments, segments)
}

const segmentSuffix = ".dat"

func segmentName(base int64) string { return strconv.FormatInt(base, 10) + segmentSuffix }

func segmentsOf(dir string) ([]segmentInfo, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var segments []segmentInfo
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), segmentSuffix)
		if !ok {
			continue
		}
		base, err := strconv.ParseInt(name, 10, 64)
		if err != nil {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		segments = append(segments, segmentInfo{BaseOffset: base, Size: info.Size()})
	}
	slices.SortFunc(segments, func(a, b segmentInfo) int { return int(a.BaseOffset - b.BaseOffset) })
	return segments, nil
}

// writeJSON replaces the file at once. It need not survive a power cut: then
// the snapshot is missing or does not match, and is written again.
func writeJSON(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
