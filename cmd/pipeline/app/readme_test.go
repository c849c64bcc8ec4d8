package app_test

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/longshore/longshore/cmd/pipeline/app"
	"github.com/longshore/longshore/stages"
)

var update = flag.Bool("update", false, "rewrite the README's diagram")

// TestReadmeShowsTheTopology compares the README's diagram with the one that
// the program draws.
func TestReadmeShowsTheTopology(t *testing.T) {
	const path, begin, end = "../../../README.md", "-->\n```mermaid\n", "```\n<!-- /topology -->"
	var stdout, stderr bytes.Buffer
	if code := app.Run(t.Context(), []string{"topology", "-o", "mermaid"}, stages.All(), &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, found := strings.Cut(rest, end)
	if !ok || !found {
		t.Fatal("the README has no place for the topology")
	}
	want := before + begin + stdout.String() + end + after
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatal("the README's diagram is not the one that `pipeline topology -o mermaid` draws: run make generate")
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
