package dir_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/staging/dir"
	"github.com/longshore/longshore/stages/stage"
)

func TestADirectoryInUse(t *testing.T) {
	for name, c := range map[string]struct{ first, second, refused bool }{
		"is refused to a second owner":          {false, false, true},
		"is refused to one who would share it":  {false, true, true},
		"that is shared is refused to an owner": {true, false, true},
		"that is shared is open to others":      {true, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			open(t, path, dir.Options{Shared: c.first})
			second, err := dir.Open(dir.Options{Dir: path, Shared: c.second})
			if c.refused {
				wantHalt(t, err, "staging-in-use", "staging.dir", "--state-dir")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := second.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestUnfinishedFilesAtTheStart(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		shared bool
		age    time.Duration
		stays  bool
	}{
		"go at once where nobody else writes":                {false, 0, false},
		"stay where another may be writing them":             {true, 59 * time.Minute, true},
		"go when nobody wrote to them for more than an hour": {true, 61 * time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			file := filepath.Join(path, "tmp", string(claim(1))+".X")
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(file, now, now.Add(-c.age)); err != nil {
				t.Fatal(err)
			}
			open(t, path, dir.Options{Shared: c.shared, Now: func() time.Time { return now }})
			if _, err := os.Stat(file); (err == nil) != c.stays {
				t.Errorf("got %v, want it to stay: %v", err, c.stays)
			}
		})
	}
}

func TestAWriterTakenForDeadTriesAgain(t *testing.T) {
	path := t.TempDir()
	s := open(t, path, dir.Options{})
	swept := readerFunc(func(p []byte) (int, error) {
		for _, f := range unfinished(t, path) {
			if err := os.Remove(f); err != nil {
				t.Error(err)
			}
		}
		return copy(p, "x"), nil
	})
	_, err := s.Put(t.Context(), claim(1), 1, &once{r: swept})
	if f := stage.FailureOf(err); f.Class != stage.Retryable || f.Code != "staging-swept" {
		t.Errorf("got %+v, want a retryable failure staging-swept", f)
	}
	if bytes, claims := s.Used(); bytes != 0 || claims != 0 {
		t.Errorf("%d bytes and %d claims count as used", bytes, claims)
	}
}

func TestClaimsOfAnEarlierRunCount(t *testing.T) {
	path := t.TempDir()
	first := open(t, path, dir.Options{Shared: true})
	for i := range 3 {
		put(t, first, i, 100)
	}
	s := open(t, path, dir.Options{Shared: true})
	if bytes, claims := s.Used(); bytes != 300 || claims != 3 {
		t.Errorf("%d bytes in %d claims, want 300 in 3", bytes, claims)
	}
	if got := mode(t, filepath.Join(path, string(claim(1)[:2]), string(claim(1)))); got != 0o600 {
		t.Errorf("a claim has mode %o", got)
	}
	if got := mode(t, filepath.Join(path, string(claim(1)[:2]))); got != 0o700 {
		t.Errorf("a folder has mode %o", got)
	}
}

func TestForeignFilesStayAndAreReported(t *testing.T) {
	path := t.TempDir()
	foreign := filepath.Join(path, "00", "notes.txt")
	if err := os.MkdirAll(filepath.Dir(foreign), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(foreign, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s := open(t, path, dir.Options{Shared: true, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if _, _, err := s.Sweep(t.Context(), func(stage.ClaimName) bool { return false }); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "00/notes.txt") {
		t.Errorf("the log does not name the file: %s", &log)
	}
	if _, claims := s.Used(); claims != 0 {
		t.Errorf("%d claims", claims)
	}
}

func TestSweepReleasesWhatNobodyNeeds(t *testing.T) {
	s := open(t, t.TempDir(), dir.Options{Quota: 1000})
	for i := range 5 {
		put(t, s, i, 100)
	}
	n, bytes, err := s.Sweep(t.Context(), func(c stage.ClaimName) bool { return c == claim(2) })
	if n != 4 || bytes != 400 || err != nil {
		t.Errorf("swept %d claims of %d bytes, %v, want 4 of 400", n, bytes, err)
	}
	if bytes, claims := s.Used(); bytes != 100 || claims != 1 {
		t.Errorf("%d bytes in %d claims are left, want 100 in 1", bytes, claims)
	}
	r, err := s.Open(t.Context(), stage.Claim{Name: claim(2), Size: 100})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Sweep(ctx, func(stage.ClaimName) bool { return false }); err == nil {
		t.Error("swept on after the end of ctx")
	}
}

func put(t testing.TB, s *dir.Staging, i, size int) {
	t.Helper()
	if _, err := s.Put(t.Context(), claim(i), int64(size), bytes.NewReader(make([]byte, size))); err != nil {
		t.Fatal(err)
	}
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}
