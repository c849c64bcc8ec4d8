package emulator

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// lab is a running emulator whose clock stands still until it is moved.
type lab struct {
	*Running
	*clock
	t testing.TB
}

// at returns l for a subtest, which is then the one that fails.
func (l *lab) at(t testing.TB) *lab { return &lab{l.Running, l.clock, t} }

type clock struct {
	mu   sync.Mutex
	time time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(d)
}

func newLab(t testing.TB, opts Options) *lab {
	t.Helper()
	l := &lab{t: t, clock: &clock{time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}
	opts.Repos = []string{"lab", "other"}
	opts.Now = l.clock.now
	if opts.Guesses.MinPartBytes == 0 {
		// Tests have small parts.
		opts.Guesses.MinPartBytes = -1
	}
	r, err := Start("127.0.0.1:0", opts)
	if err != nil {
		t.Fatal(err)
	}
	l.Running = r
	t.Cleanup(func() {
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// answer is a response that was read to its end.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   string
	// err is how reading the answer ended.
	err error
}

// try sends a request; headers are name, value, name, value.
func (l *lab) try(method, url, body string, headers ...string) (answer, error) {
	l.t.Helper()
	if strings.HasPrefix(url, "/") {
		url = l.URL + url
	}
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	req.Header.Set("X-Api-Key", l.APIKey())
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return answer{t: l.t, status: resp.StatusCode, header: resp.Header, body: string(data), err: err}, nil
}

func (l *lab) do(method, url, body string, headers ...string) answer {
	l.t.Helper()
	a, err := l.try(method, url, body, headers...)
	if err != nil {
		l.t.Fatal(err)
	}
	return a
}

func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d; body: %s", a.status, status, a.body)
	}
	return a
}

func (a answer) contains(parts ...string) answer {
	a.t.Helper()
	for _, p := range parts {
		if !strings.Contains(a.body, p) {
			a.t.Errorf("body lacks %q: %s", p, a.body)
		}
	}
	return a
}

// object decodes the body.
func (a answer) object() map[string]any {
	a.t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		a.t.Fatalf("decoding %s: %v", a.body, err)
	}
	return out
}

// names are the values of a field in a list.
func (a answer) names(field string) []string {
	a.t.Helper()
	var items []map[string]any
	if err := json.Unmarshal([]byte(a.body), &items); err != nil {
		a.t.Fatalf("decoding %s: %v", a.body, err)
	}
	out := []string{}
	for _, item := range items {
		out = append(out, item[field].(string))
	}
	return out
}

// upload stores bytes and returns their identifier.
func (l *lab) upload(filename, body string) string {
	l.t.Helper()
	return l.do("PUT", l.UploadURL+"/"+escape("acme", "lab", filename), body).want(200).object()["identifier"].(string)
}

// create makes a package; fields are name, value, name, value.
func (l *lab) create(format, id string, fields ...any) answer {
	l.t.Helper()
	in := map[string]any{"package_file": id}
	for i := 0; i < len(fields); i += 2 {
		in[fields[i].(string)] = fields[i+1]
	}
	return l.do("POST", "/packages/acme/lab/upload/"+format+"/", toJSON(l.t, in))
}

// generic uploads and creates a generic package and returns its permanent
// slug.
func (l *lab) generic(filepath, body string) string {
	l.t.Helper()
	_, base := cutLast(filepath)
	return l.create("generic", l.upload(base, body), "filepath", filepath).want(201).object()["slug_perm"].(string)
}

func (l *lab) status(perm string) map[string]any {
	l.t.Helper()
	return l.do("GET", "/packages/acme/lab/"+perm+"/status/", "").want(200).object()
}

func (l *lab) fault(f Fault) {
	l.t.Helper()
	l.do("POST", "/_emulator/faults", toJSON(l.t, f)).want(201)
}

func cutLast(path string) (dir, base string) {
	i := strings.LastIndex(path, "/")
	return path[:max(i, 0)], path[i+1:]
}

func toJSON(t testing.TB, v any) string {
	t.Helper()
	var buf bytes.Buffer
	if err := json.NewEncoder(&buf).Encode(v); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func sha256Of(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// parts announces a multi-part upload, sends parts, and returns where more go.
func parts(l *lab, bodies ...string) (url, id string) {
	l.t.Helper()
	up := l.do("POST", "/files/acme/lab/", `{"filename":"p","method":"put_parts"}`).want(202).object()
	url, id = up["upload_url"].(string), up["identifier"].(string)
	for i, body := range bodies {
		l.do("PUT", url+"?"+partQuery(id, i+1), body).want(200)
	}
	return url, id
}

// formOf makes the form of an upload by post.
func formOf(l *lab, up map[string]any, body string) (form, contentType string) {
	l.t.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for name, value := range up["upload_fields"].(map[string]any) {
		_ = w.WriteField(name, value.(string))
	}
	part, err := w.CreateFormFile("file", "a")
	if err != nil {
		l.t.Fatal(err)
	}
	_, _ = io.WriteString(part, body)
	_ = w.Close()
	return buf.String(), w.FormDataContentType()
}

// chunked uploads without a length and returns the status.
func chunked(l *lab, body string) int {
	l.t.Helper()
	req, err := http.NewRequestWithContext(l.t.Context(), http.MethodPut, l.UploadURL+"/acme/lab/a", io.MultiReader(strings.NewReader(body)))
	if err != nil {
		l.t.Fatal(err)
	}
	req.Header.Set("X-Api-Key", l.APIKey())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		l.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}
