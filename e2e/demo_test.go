//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestDemo runs what a newcomer runs first: it ends well, within a minute, with
// a proof made by reading both sides, and leaves nothing behind.
func TestDemo(t *testing.T) {
	t.Parallel()
	if filepath.Base(filepath.Dir(pipelineBin)) != "bin" {
		t.Fatal("the demo runs the binaries in bin/: run make build")
	}
	tmp := t.TempDir()
	cmd := exec.Command("../scripts/demo.sh")
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp, "HOME="+tmp, "OBJECTS=200")
	begun := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(begun)
	t.Logf("%s\n%s", took.Round(time.Second), out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"completed", "verified", "199 objects", "one package each, the same SHA-256", "1 folder markers"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the output does not say %q", want)
		}
	}
	if took > time.Minute {
		t.Errorf("it took %s", took)
	}
	left, err := filepath.Glob(filepath.Join(tmp, "longshore-demo.*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}
