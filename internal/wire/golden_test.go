package wire_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/go-cmp/cmp"

	"github.com/longshore/longshore/internal/wire"
)

// A golden file is a promise to topics that exist: it is written once for each
// schema version, and never again.
var update = flag.Bool("update", false, "write the golden files that are missing")

type golden struct {
	UUID    string            `json:"uuid"`
	Headers map[string]string `json:"headers"`
	Value   json.RawMessage   `json:"value"`
}

func goldenName(sample string) string {
	v := wire.Current()
	return filepath.Join("testdata", fmt.Sprintf("v%d", v.Major), fmt.Sprintf("%d.%d-%s.json", v.Major, v.Minor, sample))
}

func TestEncodeWritesTheGoldenFiles(t *testing.T) {
	for name, e := range samples() {
		t.Run(name, func(t *testing.T) {
			m, err := wire.Encode(e, origin())
			if err != nil {
				t.Fatal(err)
			}
			file := goldenName(name)
			want, err := os.ReadFile(file)
			if os.IsNotExist(err) && *update {
				want, err = writeGolden(file, m)
			}
			if err != nil {
				t.Fatal(err)
			}
			var g golden
			if err := json.Unmarshal(want, &g); err != nil {
				t.Fatal(err)
			}
			if m.UUID != g.UUID {
				t.Errorf("the id is %s, not %s", m.UUID, g.UUID)
			}
			if diff := cmp.Diff(g.Headers, map[string]string(m.Metadata)); diff != "" {
				t.Errorf("headers (-golden +now):\n%s", diff)
			}
			if diff := cmp.Diff(string(compact(t, g.Value)), string(m.Payload)); diff != "" {
				t.Errorf("value (-golden +now):\n%s", diff)
			}
			back, err := wire.Decode(m)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(e, back); diff != "" {
				t.Errorf("what came back (-sent +got):\n%s", diff)
			}
		})
	}
}

func TestOldRecordsDecodeForEver(t *testing.T) {
	files, err := filepath.Glob("testdata/v*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < len(samples()) {
		t.Fatalf("only %d golden files", len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var g golden
			if err := json.Unmarshal(b, &g); err != nil {
				t.Fatal(err)
			}
			m := message.NewMessage(g.UUID, message.Payload(g.Value))
			m.Metadata = g.Headers
			e, err := wire.Decode(m)
			if err != nil {
				t.Fatal(err)
			}
			// Nothing that the record says is lost on the way.
			again, err := wire.Encode(e, origin())
			if err != nil {
				t.Fatal(err)
			}
			var was, is any
			if err := json.Unmarshal(g.Value, &was); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(again.Payload, &is); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(was, is); diff != "" {
				t.Errorf("what it says (-then +now):\n%s", diff)
			}
		})
	}
}

func writeGolden(file string, m *message.Message) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(golden{m.UUID, m.Metadata, json.RawMessage(m.Payload)}); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, err
	}
	return b.Bytes(), os.WriteFile(file, b.Bytes(), 0o644)
}

func compact(t *testing.T, raw json.RawMessage) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
