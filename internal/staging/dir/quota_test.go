package dir_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/staging/dir"
	"github.com/longshore/longshore/stages/stage"
)

func TestPutWaitsForRoom(t *testing.T) {
	s := open(t, t.TempDir(), dir.Options{Quota: 150})
	put(t, s, 1, 100)

	read := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		_, err := s.Put(t.Context(), claim(2), 100, &once{r: readerFunc(func(p []byte) (int, error) {
			close(read)
			return copy(p, make([]byte, 100)), nil
		})})
		done <- err
	}()
	select {
	case <-read:
		t.Error("read before there was room")
	case err := <-done:
		t.Errorf("did not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if err := s.Release(t.Context(), claim(1)); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if bytes, claims := s.Used(); bytes != 100 || claims != 1 {
		t.Errorf("%d bytes in %d claims, want 100 in 1", bytes, claims)
	}
}

func TestWaitingForRoomEndsWithCtxAndKeepsNothing(t *testing.T) {
	s := open(t, t.TempDir(), dir.Options{Quota: 150})
	put(t, s, 1, 100)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.Put(ctx, claim(2), 100, bytes.NewReader(make([]byte, 100))); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the end of ctx", err)
	}
	if bytes, claims := s.Used(); bytes != 100 || claims != 1 {
		t.Errorf("%d bytes in %d claims, want 100 in 1", bytes, claims)
	}
}

// After a crash the messages that were being fetched come again, and find
// their claims in an area that is full of them.
func TestAFullAreaTakesItsOwnClaimsAgain(t *testing.T) {
	path := t.TempDir()
	first, err := dir.Open(dir.Options{Dir: path, Quota: 100})
	if err != nil {
		t.Fatal(err)
	}
	put(t, first, 1, 100)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, dir.Options{Quota: 100})
	put(t, s, 1, 100)
	if bytes, claims := s.Used(); bytes != 100 || claims != 1 {
		t.Errorf("%d bytes in %d claims, want 100 in 1", bytes, claims)
	}
}

func TestAFailedPutGivesItsRoomBack(t *testing.T) {
	s := open(t, t.TempDir(), dir.Options{Quota: 100})
	broken := errors.New("the source broke")
	for range 3 {
		if _, err := s.Put(t.Context(), claim(1), 100, readerFunc(func([]byte) (int, error) { return 0, broken })); !errors.Is(err, broken) {
			t.Fatal(err)
		}
	}
	put(t, s, 2, 100)
}

func TestAnObjectLargerThanTheQuotaIsPermanent(t *testing.T) {
	s := open(t, t.TempDir(), dir.Options{Quota: 100})
	_, err := s.Put(t.Context(), claim(1), 101, bytes.NewReader(make([]byte, 101)))
	if f := stage.FailureOf(err); f.Class != stage.Permanent || f.Code != "too-large" {
		t.Errorf("got %+v, want a permanent failure too-large", f)
	}
}

func TestInASharedDirectoryOthersMakeRoom(t *testing.T) {
	path := t.TempDir()
	o := dir.Options{Quota: 150, Shared: true, RecountEvery: 5 * time.Millisecond}
	fetcher, auditor := open(t, path, o), open(t, path, o)
	put(t, fetcher, 1, 100)
	done := make(chan error, 1)
	go func() {
		_, err := fetcher.Put(t.Context(), claim(2), 100, bytes.NewReader(make([]byte, 100)))
		done <- err
	}()
	if err := auditor.Release(t.Context(), claim(1)); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("still waiting for room that another process gave back")
	}
}

func TestATruncatedFileIsGone(t *testing.T) {
	path := t.TempDir()
	s := open(t, path, dir.Options{})
	put(t, s, 1, 100)
	file := filepath.Join(path, string(claim(1)[:2]), string(claim(1)))
	if err := os.Truncate(file, 99); err != nil {
		t.Fatal(err)
	}
	wantGone(t, s, stage.Claim{Name: claim(1), Size: 100})
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	wantGone(t, s, stage.Claim{Name: claim(1), Size: 100})
}

func wantGone(t *testing.T, s *dir.Staging, c stage.Claim) {
	t.Helper()
	if _, err := s.Open(t.Context(), c); !errors.Is(err, stage.ErrClaimGone) {
		t.Errorf("got %v, want ErrClaimGone", err)
	}
}

func TestNamesThatLeadElsewhereAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "staging")
	s := open(t, path, dir.Options{})
	good := string(claim(1))
	for _, bad := range []string{
		"", "..", "../" + good, good + "/..", "/etc/passwd", "lock", "tmp/" + good, good + "\x00", good + "\n",
		"../" + good[3:], good[:31] + "G" + good[32:], good + "0",
	} {
		name := stage.ClaimName(bad)
		_, put := s.Put(t.Context(), name, 1, bytes.NewReader([]byte("x")))
		_, open := s.Open(t.Context(), stage.Claim{Name: name, Size: 1})
		for what, err := range map[string]error{"put": put, "open": open, "release": s.Release(t.Context(), name)} {
			if err == nil || stage.ClassOf(err) != stage.Permanent {
				t.Errorf("%s of %q: got %v, want a permanent error", what, bad, err)
			}
		}
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the directory lie %v, %v", entries, err)
	}
}

func TestASymbolicLinkLeadsNowhere(t *testing.T) {
	outside, path := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, dir.Options{})
	put(t, s, 1, 1) // makes the folder
	file := filepath.Join(path, string(claim(1)[:2]), string(claim(1)))
	if err := errors.Join(os.Remove(file), os.Symlink(secret, file)); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Open(t.Context(), stage.Claim{Name: claim(1), Size: 1}); err == nil {
		_ = r.Close()
		t.Error("followed a link out of the directory")
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// once reads r once and ends.
type once struct {
	r    io.Reader
	over bool
}

func (o *once) Read(p []byte) (int, error) {
	if o.over {
		return 0, io.EOF
	}
	o.over = true
	return o.r.Read(p)
}
