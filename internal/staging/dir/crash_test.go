package dir_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/staging/dir"
	"github.com/longshore/longshore/stages/stage"
)

// The test binary runs itself as a child that stages, to be killed.
const (
	childDir  = "LONGSHORE_TEST_STAGING_DIR"
	childMode = "LONGSHORE_TEST_STAGING_MODE"
)

func TestMain(m *testing.M) {
	if d := os.Getenv(childDir); d != "" {
		if err := child(d, os.Getenv(childMode)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(path, mode string) error {
	s, err := dir.Open(dir.Options{Dir: path})
	if err != nil {
		return err
	}
	ctx := context.Background()
	if mode == "half" {
		b := body(1)
		_, err := s.Put(ctx, claim(1), int64(len(b)), io.MultiReader(bytes.NewReader(b[:len(b)/2]), tell{}))
		return err
	}
	fmt.Println("ready")
	for i := 0; ; i = (i + 1) % 50 {
		b := body(i)
		if _, err := s.Put(ctx, claim(i), int64(len(b)), bytes.NewReader(b)); err != nil {
			return err
		}
		if i%5 == 4 {
			if err := s.Release(ctx, claim(i-2)); err != nil {
				return err
			}
		}
	}
}

// tell says that the writer came this far, and never returns.
type tell struct{}

func (tell) Read([]byte) (int, error) {
	fmt.Println("ready")
	select {}
}

// killed runs a child and kills it some time after it said that it is ready.
func killed(t *testing.T, path, mode string, after time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0], "-test.run=^$")
	c.Env = append(os.Environ(), childDir+"="+path, childMode+"="+mode)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Errorf("the child said %q: %v", line, err)
	}
	time.Sleep(after)
	if err := c.Process.Kill(); err != nil {
		t.Error(err)
	}
	var exit *exec.ExitError
	if err := c.Wait(); !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("the child was not killed: %v", err)
	}
}

func TestAWriterKilledInTheMiddleLeavesNothingVisible(t *testing.T) {
	path := t.TempDir()
	killed(t, path, "half", 0)
	if n := len(unfinished(t, path)); n != 1 {
		t.Fatalf("%d unfinished files after the kill, want 1", n)
	}

	s := open(t, path, dir.Options{})
	if _, err := s.Open(t.Context(), stage.Claim{Name: claim(1), Size: int64(len(body(1)))}); !errors.Is(err, stage.ErrClaimGone) {
		t.Errorf("got %v, want ErrClaimGone", err)
	}
	if left := unfinished(t, path); len(left) != 0 {
		t.Errorf("the next start left %v", left)
	}
	if bytes, claims := s.Used(); bytes != 0 || claims != 0 {
		t.Errorf("%d bytes and %d claims count as used", bytes, claims)
	}
}

func TestWhateverIsVisibleAfterAKillIsWhole(t *testing.T) {
	kills := 10
	if testing.Short() {
		kills = 3
	}
	path := t.TempDir()
	for range kills {
		killed(t, path, "busy", time.Duration(rand.IntN(60))*time.Millisecond)
		s, err := dir.Open(dir.Options{Dir: path})
		if err != nil {
			t.Fatal(err)
		}
		var bytes int64
		claims := 0
		for i := range 50 {
			n, err := whole(t.Context(), s, i)
			if err != nil {
				t.Error(err)
			}
			if n > 0 {
				bytes, claims = bytes+n, claims+1
			}
		}
		if b, c := s.Used(); b != bytes || c != claims {
			t.Errorf("%d bytes in %d claims count as used, want %d in %d", b, c, bytes, claims)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// whole returns the size of the i-th claim, 0 if it is not there.
func whole(ctx context.Context, s *dir.Staging, i int) (int64, error) {
	want := body(i)
	r, err := s.Open(ctx, stage.Claim{Name: claim(i), Size: int64(len(want))})
	if errors.Is(err, stage.ErrClaimGone) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	got, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return 0, err
	}
	if !bytes.Equal(got, want) {
		return 0, fmt.Errorf("claim %d is visible and not whole", i)
	}
	return int64(len(want)), nil
}

func claim(i int) stage.ClaimName {
	return stage.NewClaimName(stage.Object{Bucket: "b", Key: fmt.Sprint(i), ETag: "e"})
}

// body is the content of the i-th claim.
func body(i int) []byte { return bytes.Repeat([]byte{byte(i + 1)}, 100_000+i*10_000) }

func unfinished(t *testing.T, path string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(path, "tmp", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}
