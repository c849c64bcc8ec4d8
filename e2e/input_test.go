//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

// wantOneSentence demands a short message that names the setting and no
// internals.
func wantOneSentence(t *testing.T, c *command, words ...string) {
	t.Helper()
	text := c.stderr.String()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("stderr does not mention %q:\n%s", w, text)
		}
	}
	if n := strings.Count(strings.TrimSpace(text), "\n"); n > 3 {
		t.Errorf("stderr has %d lines:\n%s", n+1, text)
	}
	for _, bad := range []string{"goroutine", "panic", ".go:", secretKey, emulator.DemoAPIKey} {
		if strings.Contains(text, bad) {
			t.Errorf("stderr shows %q:\n%s", bad, text)
		}
	}
}

// TestBadInput: one clear sentence that names the setting and the next step,
// the documented exit code, and nothing done.
func TestBadInput(t *testing.T) {
	t.Parallel()
	l := newLab(t, emulator.Options{})
	l.put("a", []byte("a"))
	config := filepath.Join(t.TempDir(), "pipeline.yaml")
	if err := os.WriteFile(config, []byte("target:\n  repository: acme/lab\nstaging:\n  qouta: 1GB\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(extra ...string) []string {
		return append([]string{"run", "--source", "s3://" + bucket, "--target", "acme/lab", "--state-dir", l.state}, extra...)
	}
	for _, tc := range []struct {
		name string
		env  []string
		args []string
		code int
		want []string
	}{
		{"an unknown flag", nil, run("--sorce", "x"), 2, []string{"--sorce", "--help"}},
		{"an unknown command", nil, []string{"rnu"}, 2, []string{"rnu"}},
		{"an unknown key in the configuration", nil, run("--config", config), 2, []string{"line 4", "qouta"}},
		{"an unknown variable", []string{"PIPELINE_STAGNIG__QUOTA=1GB"}, run(), 2, []string{"PIPELINE_STAGNIG__QUOTA"}},
		{"an unknown key of a stage", []string{"PIPELINE_STAGES__VERIFY__POL=1s"}, run(), 2, []string{"verify", "pol"}},
		{"a source that is no URL", nil, []string{"run", "--source", "bucket", "--target", "acme/lab"}, 2, []string{"--source", "s3://"}},
		{"a target without a repository", nil, []string{"run", "--source", "s3://lab", "--target", "acme"}, 2, []string{"--target", "owner/repository"}},
		{"an unknown output format", nil, run("-o", "xml"), 2, []string{"--output", "xml"}},
		{"no key", []string{"CLOUDSMITH_API_KEY="}, run(), 2, []string{"CLOUDSMITH_API_KEY"}},
		{"a wrong key", []string{"CLOUDSMITH_API_KEY=wrong"}, run(), 4, []string{"CLOUDSMITH_API_KEY"}},
		{"a missing repository", nil, []string{"run", "--source", "s3://lab", "--target", "acme/nothing", "--state-dir", l.state + "2"}, 4, []string{"--target", "acme/nothing"}},
		{"an API that nobody serves", []string{"CLOUDSMITH_API_HOST=http://127.0.0.1:1"}, run(), 4, []string{"CLOUDSMITH_API_HOST"}},
		{"a missing bucket", nil, []string{"run", "--source", "s3://nothing", "--target", "acme/lab", "--state-dir", l.state + "3"}, 4, []string{"--source", "nothing"}},
		{"an S3 endpoint that nobody serves", []string{"AWS_ENDPOINT_URL_S3=http://127.0.0.1:1"}, run(), 4, []string{"AWS_ENDPOINT_URL_S3"}},
		{"a wrong AWS secret", []string{"AWS_SECRET_ACCESS_KEY=wrong"}, run(), 4, []string{"AWS_SECRET_ACCESS_KEY"}},
		{"a wrong AWS key", []string{"AWS_ACCESS_KEY_ID=wrong"}, run(), 4, []string{"AWS_ACCESS_KEY_ID"}},
		{"a state directory that cannot be made", nil, []string{"run", "--source", "s3://lab", "--target", "acme/lab", "--state-dir", "/proc/nothing"}, 2, []string{"--state-dir"}},
		{"a status of nothing", nil, []string{"status", "--state-dir", filepath.Join(t.TempDir(), "empty")}, 2, []string{"--state-dir"}},
		{"a topology file that is not there", nil, []string{"topology", "--file", "/does/not/exist"}, 2, []string{"--file"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			begun := time.Now()
			c := l.command(tc.env, tc.args...)
			c.must(t, tc.code)
			wantOneSentence(t, c, tc.want...)
			if d := time.Since(begun); d > 30*time.Second {
				t.Errorf("it took %s to say so", d)
			}
		})
	}
	if n := len(l.packages()); n != 0 {
		t.Errorf("bad input made %d packages", n)
	}
	l.migrate().must(t, 0)
	l.prove()

	t.Run("a state directory of another migration", func(t *testing.T) {
		c := l.command(nil, "run", "--source", "s3://lab/prefix", "--target", "acme/lab", "--state-dir", l.state)
		c.must(t, 2)
		wantOneSentence(t, c, "--state-dir", "s3://lab")
	})
	t.Run("help says the exit codes", func(t *testing.T) {
		c := l.command(nil, "run", "--help").must(t, 0)
		for _, w := range []string{"Exit codes", "75", "143"} {
			if !strings.Contains(c.stdout.String(), w) {
				t.Errorf("help does not mention %s", w)
			}
		}
	})
}

// TestFullDisk runs with staging on a file system that is far too small: the
// run waits, says why and what to do, and ends with 75; with room it goes on.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	small := filepath.Join(t.TempDir(), "small")
	if err := os.MkdirAll(small, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=1m"); err != nil {
		t.Fatalf("mounting a small file system: %v (the test must run as root)", err)
	}
	t.Cleanup(func() { syscall.Unmount(small, 0) })
	l := newLab(t, emulator.Options{})
	l.put("fits", content(1, 1000))
	l.put("large", content(2, 3<<20))
	c := l.migrate("--staging-dir", small, "--halt-timeout", "3s").must(t, 75)
	wantOneSentence(t, c, "no space left", "staging")
	if s := c.summary(t); s.State != "halted" || s.Objects.Failed != 0 {
		t.Errorf("summary: %+v", s)
	}
	l.migrate().must(t, 0)
	l.prove()
}
