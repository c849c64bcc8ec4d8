//go:build conformance

package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// push is a successful push and all that is known about it beforehand.
type push struct {
	// name of the case in the protocol notes.
	name   string
	format string
	// args follow the format on the command line.
	args string
	// files are pushed, the main one last.
	files []string
	// body is the create request without package_file; <hello.txt> stands for
	// the identifier of that file.
	body string
	// signed says that the service changes the file.
	signed bool
	// check looks at the package, and may be nil.
	check func(t testing.TB, o outcome, p map[string]any)
}

// partSize is from which size on the client sends parts, and theirs.
const partSize = 104_857_600

// run pushes and checks every request, what was said, and what is there
// afterwards.
func (p push) run(r *rig) (outcome, map[string]any) {
	r.t.Helper()
	o := r.cloudsmith("push " + p.format + " " + p.args).exits(0)
	w := walk{t: r.t, left: o.requests}
	validate := w.next("POST", "/packages/acme/pkgs/validate-upload/"+p.format+"/", 204)

	names := make([]string, len(p.files))
	for i := range p.files {
		body := w.next("POST", "/files/acme/pkgs/validate/", 204).object()
		names[i] = p.fileOf(r.t, body)
		wantJSON(r.t, "files/validate", body, announced(names[i]))
	}
	if main := p.files[len(p.files)-1]; names[len(names)-1] != main {
		r.t.Errorf("the last file is %s, want the main one, %s", names[len(names)-1], main)
	}
	ids := map[string]string{}
	for _, name := range names {
		ids[name] = w.transfer(name)
	}
	create := w.next("POST", "/packages/acme/pkgs/upload/"+p.format+"/", 201)
	wantJSON(r.t, "create", create.object(), p.want(r.t, func(name string) string { return ids[name] }))
	wantJSON(r.t, "validate-upload", validate.object(), p.want(r.t, func(name string) string { return filepath.Join(shared.files, name) }))

	slug, perm := create.answered()["slug"].(string), create.answered()["slug_perm"].(string)
	w.polls(slug, !strings.Contains(" "+p.args+" ", " -W "))
	if !strings.Contains(p.args, "-F json") {
		o.says("Created: acme/pkgs/" + slug + " (" + perm + ")")
	}
	r.pass(time.Minute)
	pkg := r.detail("pkgs", perm)
	p.checkPackage(r.t, pkg, names)
	if p.check != nil {
		p.check(r.t, o, pkg)
	}
	return o, pkg
}

// fileOf finds the file that a request announces.
func (p push) fileOf(t testing.TB, body map[string]any) string {
	t.Helper()
	for _, name := range p.files {
		if body["filename"] == path.Base(name) && body["md5_checksum"] == shared.digests.of(name) {
			return name
		}
	}
	t.Fatalf("announces %v, which is none of %v", body, p.files)
	return ""
}

func announced(name string) map[string]any {
	return map[string]any{"filename": path.Base(name), "md5_checksum": shared.digests.of(name)}
}

// want is the create request with something in place of each file.
func (p push) want(t testing.TB, value func(name string) string) map[string]any {
	t.Helper()
	text := cmpOr(p.body, "{}")
	for _, name := range p.files {
		quoted, err := json.Marshal(value(name))
		if err != nil {
			t.Fatal(err)
		}
		text = strings.ReplaceAll(text, `"<`+name+`>"`, string(quoted))
	}
	want := decode([]byte(text))
	if want == nil {
		t.Fatalf("the case's body is no JSON: %s", text)
	}
	want["package_file"] = value(p.files[len(p.files)-1])
	return want
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// checkPackage compares the package with the local files.
func (p push) checkPackage(t testing.TB, pkg map[string]any, names []string) {
	t.Helper()
	main := names[len(names)-1]
	want := map[string]any{"format": p.format, "filename": path.Base(main), "is_sync_completed": true}
	wantFields(t, "package", pkg, want)
	if p.signed {
		if sum := content(t, main)["checksum_sha256"]; pkg["checksum_sha256"] == sum || pkg["checksum_sha256"] == nil {
			t.Errorf("signed, but the digest is %v, that of the file is %v", pkg["checksum_sha256"], sum)
		}
		return
	}
	wantFields(t, "package", pkg, content(t, main))
	entries, _ := pkg["files"].([]any)
	if len(entries) != len(names) {
		t.Fatalf("%d files, want %d", len(entries), len(names))
	}
	for _, e := range entries {
		entry := e.(map[string]any)
		i := slices.IndexFunc(names, func(n string) bool {
			return path.Base(n) == entry["filename"] && content(t, n)["checksum_sha256"] == entry["checksum_sha256"]
		})
		if i < 0 {
			t.Errorf("files has %v with digest %v, which was not pushed", entry["filename"], entry["checksum_sha256"])
			continue
		}
		isMain := names[i] == main
		if entry["is_primary"] != isMain || (entry["tag"] == "pkg") != isMain {
			t.Errorf("%s: is_primary %v, tag %v", names[i], entry["is_primary"], entry["tag"])
		}
		wantFields(t, names[i], entry, content(t, names[i]))
	}
}

// content is what the service has to know about a local file.
func content(t testing.TB, name string) map[string]any {
	t.Helper()
	f, err := os.Open(filepath.Join(shared.files, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{
		"size": float64(n), "checksum_md5": shared.digests.of(name), "checksum_sha256": hex.EncodeToString(sum.Sum(nil)),
	}
}

func wantFields(t testing.TB, what string, got, want map[string]any) {
	t.Helper()
	for name, value := range want {
		if !reflect.DeepEqual(got[name], value) {
			t.Errorf("%s: %s is %v, want %v", what, name, got[name], value)
		}
	}
}

func wantJSON(t testing.TB, what string, got, want map[string]any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: sent %v, want %v", what, got, want)
	}
}

// walk goes through the requests of one push.
type walk struct {
	t    testing.TB
	left []*request
}

// next takes the next request, which has to go to the API.
func (w *walk) next(method, path string, status int) *request {
	w.t.Helper()
	return w.nextOn("api", method, path, status)
}

func (w *walk) nextOn(role, method, path string, status int) *request {
	w.t.Helper()
	if len(w.left) == 0 {
		w.t.Fatalf("no more requests, want %s %s %s", role, method, path)
	}
	r := w.left[0]
	w.left = w.left[1:]
	if r.role != role || r.method != method || r.path != path || r.status != status {
		w.t.Fatalf("%s %s %s was answered %d, want %s %s %s and %d", r.role, r.method, r.path, r.status, role, method, path, status)
	}
	return r
}

// transfer checks how one file travels, and returns its identifier.
func (w *walk) transfer(name string) string {
	w.t.Helper()
	info, err := os.Stat(filepath.Join(shared.files, name))
	if err != nil {
		w.t.Fatal(err)
	}
	method := "post"
	if info.Size() >= partSize {
		method = "put_parts"
	}
	ask := w.next("POST", "/files/acme/pkgs/", 202)
	want := announced(name)
	want["method"] = method
	wantJSON(w.t, "files", ask.object(), want)
	id := ask.answered()["identifier"].(string)
	if method == "post" {
		w.form(name, ask)
	} else {
		w.parts(name, id, info.Size())
	}
	return id
}

// form checks the upload of a small file.
func (w *walk) form(name string, ask *request) {
	w.t.Helper()
	sent := w.nextOn("s3", "POST", "/", 204)
	want := formSeen{
		fields: keys(w.t, ask.answer, "upload_fields"), part: "file", filename: path.Base(name),
		size: sent.form.size, md5: shared.digests.of(name), whole: true,
	}
	if !reflect.DeepEqual(*sent.form, want) {
		w.t.Errorf("%s: form %+v, want %+v", name, *sent.form, want)
	}
	if sent.length != sent.received {
		w.t.Errorf("%s: announced %d bytes, sent %d", name, sent.length, sent.received)
	}
}

// parts checks the upload of a large file.
func (w *walk) parts(name, id string, size int64) {
	w.t.Helper()
	for n := int64(0); n*partSize < size; n++ {
		part := w.nextOn("upload", "PUT", "/acme/pkgs/"+name, 200)
		length := min(partSize, size-n*partSize)
		if part.length != length || part.received != length || part.query != fmt.Sprintf("upload_id=%s&part_number=%d", id, n+1) {
			w.t.Errorf("part %d: %d of %d bytes, query %s", n+1, part.received, part.length, part.query)
		}
	}
	complete := w.next("POST", "/files/acme/pkgs/"+id+"/complete/", 201)
	wantJSON(w.t, "complete", complete.object(), map[string]any{"upload_id": id, "complete": true})
}

// polls checks the rest of the requests: status until it is completed, or
// nothing.
func (w *walk) polls(slug string, waits bool) {
	w.t.Helper()
	if !waits && len(w.left) > 0 {
		w.t.Fatalf("requests after the create: %s", rough(w.left))
	}
	for len(w.left) > 0 {
		last := w.next("GET", "/packages/acme/pkgs/"+slug+"/status/", 200).answered()
		if done := last["is_sync_completed"] == true; done != (len(w.left) == 0) {
			w.t.Fatalf("polls go on after completion, or end before it; left: %s", rough(w.left))
		}
	}
}

// keys are those of an object in a JSON object, in order.
func keys(t testing.TB, data []byte, field string) []string {
	t.Helper()
	var outer map[string]json.RawMessage
	if err := json.Unmarshal(data, &outer); err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(outer[field]))
	var out []string
	if _, err := dec.Token(); err != nil {
		t.Fatalf("%s: %v", field, err)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, key.(string))
		var value any
		if err := dec.Decode(&value); err != nil {
			t.Fatal(err)
		}
	}
	return out
}
