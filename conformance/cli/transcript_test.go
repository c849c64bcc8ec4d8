//go:build conformance

package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// transcript is what a case did, in a form that is the same at every run.
type transcript struct {
	text strings.Builder
	// names are what random identifiers are called, in order of appearance.
	names [][2]string
	count map[string]int
}

func newTranscript(t testing.TB, r *rig) *transcript {
	t.Helper()
	tr := &transcript{count: map[string]int{}}
	tr.names = append(tr.names, [2]string{shared.files, "<files>"}, [2]string{r.home, "<home>"})
	return tr
}

// rough renders requests for people who look for a mistake.
func rough(requests []*request) string {
	tr := &transcript{count: map[string]int{}}
	tr.requests(requests)
	return tr.text.String()
}

func (tr *transcript) name(kind string, id any) {
	text, _ := id.(string)
	if text == "" || tr.rename(text) != text {
		return
	}
	tr.count[kind]++
	tr.names = append(tr.names, [2]string{text, fmt.Sprintf("<%s%d>", kind, tr.count[kind])})
}

func (tr *transcript) rename(text string) string {
	for _, n := range tr.names {
		text = strings.ReplaceAll(text, n[0], n[1])
	}
	return text
}

func (tr *transcript) add(o outcome, base string) {
	fmt.Fprintf(&tr.text, "$ cloudsmith %s\n", tr.rename(strings.ReplaceAll(o.command, base, "<host>")))
	tr.requests(o.requests)
	fmt.Fprintf(&tr.text, "exit %d\n", o.code)
}

// requests renders one a line. How often the client polls is a matter of time,
// so polls of one package are one line.
func (tr *transcript) requests(requests []*request) {
	last := ""
	for _, r := range requests {
		line := tr.line(r)
		if r.is("api", "GET", "/packages/") && strings.HasSuffix(r.path, "/status/") {
			if line == last {
				continue
			}
			last = line
		} else {
			last = ""
		}
		tr.text.WriteString(line + "\n")
		switch answer := r.answered(); {
		case r.is("api", "POST", "/files/"):
			tr.name("file", answer["identifier"])
		case r.is("api", "POST", "/packages/"):
			tr.name("slug", answer["slug"])
			tr.name("package", answer["slug_perm"])
			entries, _ := answer["files"].([]any)
			for _, e := range entries {
				entry, _ := e.(map[string]any)
				tr.name("entry", entry["slug_perm"])
			}
		}
	}
}

func (tr *transcript) line(r *request) string {
	text := r.role + " " + r.method + " " + r.path
	if r.query != "" {
		text += "?" + r.query
	}
	switch {
	case r.form != nil && r.form.whole:
		text += fmt.Sprintf(" form(%s) file %s of %s", strings.Join(r.form.fields, ", "), r.form.filename, shared.digests.called(r.form.md5))
	case r.form != nil:
		text += fmt.Sprintf(" form broken after %d bytes", r.received)
	case r.role == "upload":
		text += fmt.Sprintf(" %d bytes", r.received)
	case len(r.body) > 0:
		text += " " + shared.digests.calledIn(plain(r.body))
	}
	return tr.rename(text) + fmt.Sprintf(" -> %d", r.status)
}

// plain writes JSON with sorted keys and without escapes.
func plain(body []byte) string {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return fmt.Sprintf("%q", body)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(buf.String())
}

// compare holds the transcript against the file of the case.
func (tr *transcript) compare(t testing.TB) {
	t.Helper()
	path := filepath.Join("testdata", "requests", filepath.FromSlash(strings.TrimPrefix(t.Name(), "Test"))+".txt")
	got := tr.text.String()
	if shared.update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("requests on file: %v", err)
		return
	}
	if got != string(want) {
		t.Errorf("requests differ from %s:\n%s", path, differences(string(want), got))
	}
}

// differences shows the lines that only one side has, around the first that
// differs.
func differences(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	var out strings.Builder
	for _, side := range []struct {
		sign  string
		lines []string
	}{{"-", a}, {"+", b}} {
		for j := i; j < min(len(side.lines), i+6); j++ {
			fmt.Fprintf(&out, "%s%d: %s\n", side.sign, j+1, side.lines[j])
		}
	}
	return out.String()
}
