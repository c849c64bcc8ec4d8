package emulator

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestControl(t *testing.T) {
	t.Run("counts requests by method and route", func(t *testing.T) {
		l := newLab(t, Options{})
		p := l.create("generic", l.upload("a", "12345"), "filepath", "x/a").object()
		l.do("GET", "/v1/packages/acme/lab/", "")
		l.do("GET", p["cdn_url"].(string), "")
		l.do("GET", "/nowhere/", "")
		var st Stats
		if err := json.Unmarshal([]byte(l.do("GET", "/_emulator/stats", "").want(200).body), &st); err != nil {
			t.Fatal(err)
		}
		if st.APIRequests != 4 || st.UploadRequests != 1 || st.DownloadRequests != 1 || st.Packages != 1 || st.StoredBytes != 5 {
			t.Errorf("got %+v", st)
		}
		for label, want := range map[string]int64{
			"PUT /upload/{owner}/{repo}/{filename}":          1,
			"POST /packages/{owner}/{repo}/upload/{format}/": 1,
			"GET /packages/{owner}/{repo}/":                  1,
			"unmatched":                                      1,
		} {
			if st.Requests[label] != want {
				t.Errorf("%s: %d, want %d", label, st.Requests[label], want)
			}
		}
		if st.Statuses["POST "+createRoute+" 201"] != 1 {
			t.Errorf("got %v", st.Statuses)
		}
	})
	t.Run("lists packages with the digests of their bytes", func(t *testing.T) {
		l := newLab(t, Options{SyncDelay: 1 << 40})
		l.generic("dir/a b", "bytes")
		var got []PackageSummary
		if err := json.Unmarshal([]byte(l.do("GET", "/_emulator/packages", "").want(200).body), &got); err != nil {
			t.Fatal(err)
		}
		want := PackageSummary{
			Owner: "acme", Repo: "lab", Format: "generic", Name: "a b", Filename: "a b", Filepath: "dir/a b",
			Size: 5, SHA256: sha256Of("bytes"), Status: "Awaiting",
		}
		if len(got) != 1 {
			t.Fatalf("got %v", got)
		}
		got[0].SlugPerm, got[0].UploadedAt = "", want.UploadedAt
		if got[0] != want {
			t.Errorf("got %+v, want %+v", got[0], want)
		}
	})
	t.Run("resets", func(t *testing.T) {
		l := newLab(t, Options{})
		l.generic("a", "bytes")
		l.fault(Fault{Status: 500})
		l.do("POST", "/_emulator/reset", "").want(204)
		if st := l.Stats(); st.Packages != 0 || st.APIRequests != 0 || st.StoredBytes != 0 {
			t.Errorf("got %+v", st)
		}
		l.generic("a", "bytes")
	})
	t.Run("is not for other machines", func(t *testing.T) {
		s, err := New(Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		for remote, want := range map[string]int{"192.0.2.1:1234": 404, "127.0.0.1:1234": 200, "[::1]:1234": 200} {
			r := httptest.NewRequest(http.MethodGet, "/_emulator/stats", nil)
			r.RemoteAddr = remote
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != want {
				t.Errorf("%s gets %d", remote, w.Code)
			}
		}
	})
}

func TestDisk(t *testing.T) {
	dir := t.TempDir()
	files := func() int {
		found, err := filepath.Glob(filepath.Join(dir, "blobs", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	l := newLab(t, Options{Dir: dir})
	perm := l.generic("a", "bytes")
	if files() != 1 {
		t.Errorf("%d files", files())
	}
	l.do("DELETE", "/packages/acme/lab/"+perm+"/", "").want(204)
	l.do("PUT", l.UploadURL+"/acme/lab/a", "x", "Content-Sha256", sha256Of("y")).want(422)
	if files() != 0 {
		t.Errorf("%d files are left", files())
	}
	// A large file lies beside the pack of the small ones.
	large := strings.Repeat("x", bufferSize+1)
	l.generic("small", "bytes")
	big := l.generic("large", large)
	if files() != 2 {
		t.Errorf("%d files", files())
	}
	url := l.do("GET", "/packages/acme/lab/"+big+"/", "").want(200).contains(sha256Of(large)).object()["cdn_url"].(string)
	if got := l.do("GET", url, "").want(200).body; got != large {
		t.Errorf("%d bytes come back, want %d", len(got), len(large))
	}
	l.do("DELETE", "/packages/acme/lab/"+big+"/", "").want(204)
	if files() != 1 {
		t.Errorf("%d files", files())
	}
	l.do("POST", "/_emulator/reset", "").want(204)
	if files() != 0 {
		t.Errorf("%d files outlive a reset", files())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestOptions(t *testing.T) {
	_, err := New(Options{
		Dir: "/nonexistent", Owner: "a/b", Repos: []string{""}, SyncDelay: -1,
		Duplicates: map[string]DuplicateMode{"floppy": "shrug"},
	})
	if err == nil {
		t.Fatal("everything is fine")
	}
	for _, part := range []string{"/nonexistent", `"a/b"`, `""`, "negative", "floppy", "shrug"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not mentioned in: %v", part, err)
		}
	}
}

func TestCatalog(t *testing.T) {
	l := newLab(t, Options{})
	for path, parts := range map[string][]string{
		"/formats/":            {`"slug":"generic"`, `"slug":"raw"`, `"filepaths":true`},
		"/formats/deb/":        {`"slug":"debian"`, `"upstreams":`},
		"/distros/":            {`"slug":"bookworm"`},
		"/distros/el/":         {`"slug":"9"`},
		"/namespaces/":         {`"slug":"acme"`},
		"/namespaces/acme/":    {`"slug_perm"`},
		"/storage-regions/":    {`"slug":"default"`},
		"/user/tokens/":        {`"results":`},
		"/quota/acme/":         {`"display":`, `"raw":`, `"plan_limit"`},
		"/quota/history/acme/": {`"history":`, `"storage_used"`},
		"/repos/":              {`"slug":"lab"`, `"slug":"other"`},
		"/repos/acme/lab/":     {`"repository_type_str":"Private"`, `"size_str":`},
	} {
		t.Run("answers "+path, func(t *testing.T) { l.at(t).do("GET", path, "").want(200).contains(parts...) })
	}
	t.Run("has no audit log", func(t *testing.T) { l.at(t).do("GET", "/audit-log/acme/", "").want(402) })
	t.Run("does not know others", func(t *testing.T) {
		for _, path := range []string{"/formats/floppy/", "/distros/dos/", "/namespaces/x/", "/quota/x/", "/repos/x/"} {
			l.at(t).do("GET", path, "").want(404)
		}
	})
}

func TestRepos(t *testing.T) {
	l := newLab(t, Options{})
	l.do("POST", "/repos/acme/", `{"name":"New Repo","repository_type_str":"Public","description":"d"}`).want(201).contains(`"slug":"new-repo"`)
	l.do("POST", "/repos/acme/", `{"name":"new repo"}`).want(422).contains("slug")
	l.do("POST", "/repos/acme/", `{"name":"!"}`).want(422).contains("name")
	l.do("POST", "/repos/acme/", `{}`).want(422).contains("This field is required.")
	l.do("PATCH", "/repos/acme/new-repo/", `{"replace_packages_by_default":true}`).want(200).contains(`"replace_packages_by_default":true`)

	t.Run("a public one serves strangers and replaces by default", func(t *testing.T) {
		l := l.at(t)
		var url string
		for _, content := range []string{"one", "two"} {
			a := l.do("PUT", l.UploadURL+"/acme/new-repo/f", content).want(200)
			id := a.object()["identifier"].(string)
			url = l.do("POST", "/packages/acme/new-repo/upload/raw/", `{"package_file":"`+id+`"}`).want(201).object()["cdn_url"].(string)
		}
		if got := l.do("GET", url, "", "X-Api-Key", "").want(200).body; got != "two" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("deleting one answers 200", func(t *testing.T) {
		l := l.at(t)
		l.do("DELETE", "/repos/acme/new-repo/", "").want(200)
		l.do("GET", "/repos/acme/new-repo/", "").want(404)
		if got := l.do("GET", "/repos/acme/", "").names("slug"); !slices.Equal(got, []string{"lab", "other"}) {
			t.Errorf("got %v", got)
		}
		if got := l.Stats().StoredBytes; got != 0 {
			t.Errorf("%d bytes are left", got)
		}
	})
}
