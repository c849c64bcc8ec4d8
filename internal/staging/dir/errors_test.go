package dir_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/longshore/longshore/internal/staging/dir"
	"github.com/longshore/longshore/stages/stage"
)

func TestAFullDiskHaltsAndKeepsNothing(t *testing.T) {
	path := tinyDisk(t, 2<<20)
	s := open(t, path, dir.Options{})
	b := make([]byte, 4<<20)
	_, err := s.Put(t.Context(), claim(1), int64(len(b)), bytes.NewReader(b))
	wantHalt(t, err, "staging-full", path, "staging.quota", "staging.dir", "--state-dir")
	if left := unfinished(t, path); len(left) != 0 {
		t.Errorf("left %v", left)
	}
	if bytes, claims := s.Used(); bytes != 0 || claims != 0 {
		t.Errorf("%d bytes and %d claims count as used", bytes, claims)
	}
	small := body(0)
	if _, err := s.Put(t.Context(), claim(0), int64(len(small)), bytes.NewReader(small)); err != nil {
		t.Errorf("a smaller object that fits: %v", err)
	}
}

func TestADiskThatTurnsReadOnlyHalts(t *testing.T) {
	path := tinyDisk(t, 4<<20)
	s := open(t, path, dir.Options{Shared: true}) // holds no file open for writing
	if _, err := s.Put(t.Context(), claim(0), 1, strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("", path, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	_, err := s.Put(t.Context(), claim(1), 1, strings.NewReader("x"))
	wantHalt(t, err, "staging-denied", path, "staging.dir", "--state-dir")
	wantHalt(t, s.Release(t.Context(), claim(0)), "staging-denied", path)
	if bytes, claims := s.Used(); bytes != 1 || claims != 1 {
		t.Errorf("%d bytes and %d claims count as used, want the one that could not be released", bytes, claims)
	}
	_, err = dir.Open(dir.Options{Dir: filepath.Join(path, "more")})
	wantHalt(t, err, "staging-denied", "staging.dir")
}

func TestADirectoryThatGoesAwayHalts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "staging")
	s := open(t, path, dir.Options{})
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	_, err := s.Put(t.Context(), claim(1), 1, strings.NewReader("x"))
	wantHalt(t, err, "staging-missing", path, "mount")
}

func TestAPathThatIsNoDirectoryIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := dir.Open(dir.Options{Dir: path})
	wantHalt(t, err, "staging-missing", path, "staging.dir")
}

func TestOptionsAreRefusedByTheNameOfTheSetting(t *testing.T) {
	for setting, o := range map[string]dir.Options{"staging.dir": {}, "staging.quota": {Dir: t.TempDir(), Quota: -1}} {
		if _, err := dir.Open(o); err == nil || !strings.Contains(err.Error(), setting) {
			t.Errorf("got %v, want an error that names %s", err, setting)
		}
	}
}

// wantHalt checks class, code and that the hint names what to change.
func wantHalt(t *testing.T, err error, code string, hints ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	f := stage.FailureOf(err)
	if f.Class != stage.Halted || f.Code != code {
		t.Errorf("got %s %q (%v), want halted %q", f.Class, f.Code, err, code)
	}
	for _, h := range hints {
		if !strings.Contains(f.Hint, h) {
			t.Errorf("the hint %q does not name %s", f.Hint, h)
		}
	}
}

// tinyDisk mounts a file system in memory.
func tinyDisk(t *testing.T, size int) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting a small disk needs root")
	}
	path := t.TempDir()
	if err := unix.Mount("tmpfs", path, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(path, 0); err != nil {
			t.Error(err)
		}
	})
	return path
}
