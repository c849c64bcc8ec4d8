package topology_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/longshore/longshore/topology"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestGoodDrawingsAreDrawnAsTheGoldenFilesShow(t *testing.T) {
	for _, path := range drawings(t, "testdata/good") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			plan := compileFile(t, path)
			for _, f := range topology.Formats() {
				got, err := topology.Draw(plan, f)
				if err != nil {
					t.Fatal(err)
				}
				golden(t, strings.TrimSuffix(path, ".yaml")+"."+string(f)+".golden", got)
			}
			for line := range strings.SplitSeq(topology.Text(plan), "\n") {
				if n := utf8.RuneCountInString(line); n > 100 {
					t.Errorf("a line of the text drawing has %d columns, more than 100: %q", n, line)
				}
			}
		})
	}
}

func TestBadDrawingsAreRefusedAsTheGoldenFilesShow(t *testing.T) {
	for _, path := range drawings(t, "testdata/bad") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			g, err := topology.Parse(filepath.Base(path), text)
			if err == nil {
				_, err = topology.Compile(g, specsFor(text))
			}
			if err == nil {
				t.Fatal("accepted")
			}
			golden(t, strings.TrimSuffix(path, ".yaml")+".golden", err.Error()+"\n")
		})
	}
}

func TestTheEmbeddedDrawingIsTheOneWithGoldenFiles(t *testing.T) {
	want, err := topology.Compile(topology.Default(), migration())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(topology.JSON(want), topology.JSON(compileFile(t, "testdata/good/default.yaml"))); diff != "" {
		t.Errorf("default.yaml differs from testdata/good/default.yaml (-embedded +testdata):\n%s", diff)
	}
}

func TestAnUnknownFormatIsRefused(t *testing.T) {
	plan := compileFile(t, "testdata/good/default.yaml")
	if _, err := topology.Draw(plan, "svg"); err == nil || !strings.Contains(err.Error(), "text, mermaid, dot and json") {
		t.Errorf("got %v, want an error that lists the formats", err)
	}
}

func drawings(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no drawings in %s: %v", dir, err)
	}
	return paths
}

func compileFile(t *testing.T, path string) *topology.Plan {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g, err := topology.Parse(filepath.Base(path), text)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := topology.Compile(g, specsFor(text))
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// golden compares got with a file, or writes the file with -update.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: run go test ./topology -update and review the change", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got); run go test ./topology -update and review the change:\n%s", path, diff)
	}
}
