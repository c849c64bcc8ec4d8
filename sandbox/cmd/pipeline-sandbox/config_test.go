package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

func saved(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "sandbox.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestConfig(t *testing.T) {
	file := saved(t, `
cloudsmith:
  owner: umbrella
  sync_delay: 7s
  storage_limit: 1000
  duplicates: {generic: refuse-at-create}
  guesses:
    empty_pages: true
    form_lifetime: 5m
    searched_digests: [md5]
faults:
  - {role: upload, nth: 3, status: 503, retry_after: "5"}
`)
	t.Run("takes options, guesses and faults from a file", func(t *testing.T) {
		s, err := readSettings([]string{"--config", file}, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		e := s.emulator
		if e.Owner != "umbrella" || e.SyncDelay != 7*time.Second || e.StorageLimit != 1000 || e.Duplicates["generic"] != emulator.RefuseAtCreate {
			t.Errorf("options %+v", e)
		}
		if !e.Guesses.EmptyPages || e.Guesses.FormLifetime != 5*time.Minute || !reflect.DeepEqual(e.Guesses.SearchedDigests, []string{"md5"}) {
			t.Errorf("guesses %+v", e.Guesses)
		}
		if len(s.faults) != 1 || s.faults[0].Nth != 3 || s.faults[0].Status != 503 {
			t.Errorf("faults %+v", s.faults)
		}
	})
	t.Run("lets flags win, wherever they stand", func(t *testing.T) {
		s, err := readSettings([]string{
			"--owner", "acme", "--guess", "empty_pages=false", "--guess=rate_resource=api", "-config=" + file,
			"--duplicates", "raw=fail-sync", "--fault", `{"status":500,"times":1}`,
		}, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		e := s.emulator
		if e.Owner != "acme" || e.Guesses.EmptyPages || e.Guesses.RateResource != "api" || e.SyncDelay != 7*time.Second {
			t.Errorf("options %+v", e)
		}
		if len(e.Duplicates) != 2 || len(s.faults) != 2 {
			t.Errorf("duplicates %v, faults %v", e.Duplicates, s.faults)
		}
	})
	t.Run("has the same defaults without a file", func(t *testing.T) {
		s, err := readSettings(nil, io.Discard)
		if err != nil || s.emulator.Owner != "acme" || s.emulator.SyncDelay != 2*time.Second {
			t.Errorf("got %+v, %v", s.emulator, err)
		}
	})
	t.Run("says what is wrong", func(t *testing.T) {
		for name, args := range map[string][]string{
			"field owners not found": {"--config", saved(t, "cloudsmith: {owners: x}")},
			"nthh":                   {"--config", saved(t, "faults: [{nthh: 1}]")},
			"no such file":           {"--config", filepath.Join(t.TempDir(), "none")},
			"emptypages":             {"--guess", "emptypages=true"},
			"NAME=VALUE":             {"--guess", "empty_pages"},
			"invalid character":      {"--fault", "oops"},
			"odd filepaths":          {"--guess", "odd_filepaths=perhaps"},
			"the fault does nothing": {"--fault", "{}"},
		} {
			var stderr bytes.Buffer
			args = append([]string{"--s3-addr", "127.0.0.1:0", "--cloudsmith-addr", "127.0.0.1:0"}, args...)
			if code := run(t.Context(), args, nil, io.Discard, &stderr); code == 0 || !strings.Contains(stderr.String(), name) {
				t.Errorf("%v: exit %d: %s", args, code, &stderr)
			}
		}
	})
}

// TestEveryOptionHasAName keeps the sandbox complete: an option of the
// emulator that the file cannot name would be one that nobody can try.
func TestEveryOptionHasAName(t *testing.T) {
	notForUsers := map[string]bool{"Dir": true, "APIKey": true, "Password": true, "Now": true}
	for _, typ := range []reflect.Type{reflect.TypeFor[emulator.Options](), reflect.TypeFor[emulator.Guesses]()} {
		for f := range typ.Fields() {
			if name := f.Tag.Get("yaml"); !notForUsers[f.Name] && (name == "" || name == "-") {
				t.Errorf("%s has no name in the file", f.Name)
			}
		}
	}
}

func TestTheExampleIsComplete(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "emulator.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "```yaml\n")
	example, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("the page shows no file")
	}
	var shown struct {
		Cloudsmith map[string]any `yaml:"cloudsmith"`
	}
	if err := yaml.Load([]byte(example), &shown); err != nil {
		t.Fatal(err)
	}
	if _, err := readSettings([]string{"--config", saved(t, example)}, io.Discard); err != nil {
		t.Error(err)
	}
	for f := range reflect.TypeFor[emulator.Options]().Fields() {
		name := f.Tag.Get("yaml")
		if _, there := shown.Cloudsmith[name]; !there && name != "-" {
			t.Errorf("the page does not show %s", name)
		}
	}
}
