package emulator

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestCreate(t *testing.T) {
	l := newLab(t, Options{})
	t.Run("shows the digests of the bytes that are stored", func(t *testing.T) {
		l := l.at(t)
		p := l.create("raw", l.upload("hello.txt", "hello")).want(201).object()
		for field, want := range map[string]any{
			"format": "raw", "name": "hello.txt", "version": nil, "filename": "hello.txt", "size": 5.0,
			"checksum_md5": "5d41402abc4b2a76b9719d911017c592", "checksum_sha1": "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d",
			"checksum_sha256": sha256Of("hello"), "type_display": "file",
		} {
			if p[field] != want {
				t.Errorf("%s is %v, want %v", field, p[field], want)
			}
		}
	})
	t.Run("lets an identifier serve one package", func(t *testing.T) {
		l := l.at(t)
		id := l.upload("once.txt", "once")
		l.create("raw", id).want(201)
		l.create("raw", id, "name", "second").want(422).contains("package_file", "used already")
	})
	t.Run("does not know an identifier of another repository", func(t *testing.T) {
		l := l.at(t)
		id := l.upload("elsewhere.txt", "x")
		l.do("POST", "/packages/acme/other/upload/raw/", `{"package_file":"`+id+`"}`).want(422)
	})
	t.Run("is as lenient as the real service", func(t *testing.T) {
		l := l.at(t)
		id := l.upload("lenient.txt", "x")
		l.create("raw", id+" ", "republish", "true", "tags", "a, b", "version", 7, "summary", nil).want(201).
			contains(`"info":["a","b"]`, `"version":"7"`)
	})
	t.Run("checks without looking at identifiers when it only validates", func(t *testing.T) {
		l := l.at(t)
		l.do("POST", "/packages/acme/lab/validate-upload/raw/", `{"package_file":"/local/hello.txt"}`).want(204)
		l.do("POST", "/packages/acme/lab/validate-upload/generic/", `{"package_file":"/local/hello.txt"}`).want(422).contains("filepath")
	})
	t.Run("fails the sync for no reason where bytes are missing", func(t *testing.T) {
		l := l.at(t)
		u := l.requestUpload(map[string]any{"filename": "lost.txt"})
		perm := l.create("raw", u.Identifier).want(201).object()["slug_perm"].(string)
		st := l.status(perm)
		if st["is_sync_failed"] != true || st["status_reason"] != nil || st["stage_str"] != "Scanning Package" || st["sync_progress"] != 45.0 {
			t.Errorf("got %v", st)
		}
	})
	t.Run("refuses missing bytes if told so", func(t *testing.T) {
		l := newLab(t, Options{StrictFiles: true})
		u := l.requestUpload(map[string]any{"filename": "lost.txt"})
		l.create("raw", u.Identifier).want(422).contains("package_file")
	})
	t.Run("stores an empty file", func(t *testing.T) {
		l := l.at(t)
		p := l.create("raw", l.upload("empty.bin", "")).want(201).object()
		if p["size"] != 0.0 || p["checksum_sha256"] != sha256Of("") {
			t.Errorf("got %v %v", p["size"], p["checksum_sha256"])
		}
	})
	t.Run("keeps companions with their own digests", func(t *testing.T) {
		l := l.at(t)
		p := l.create("maven", l.upload("a-1.0.jar", "jar"), "pom_file", l.upload("a-1.0.pom", "pom"),
			"extra_files", []string{l.upload("x", "x"), l.upload("y", "y")}, "group_id", "org.a").want(201).object()
		files := p["files"].([]any)
		if len(files) != 4 {
			t.Fatalf("%d files", len(files))
		}
		for i, want := range []struct{ tag, content string }{{"pkg", "jar"}, {"pom", "pom"}, {"extra", "x"}, {"extra", "y"}} {
			f := files[i].(map[string]any)
			if f["tag"] != want.tag || f["checksum_sha256"] != sha256Of(want.content) || f["is_primary"] != (i == 0) {
				t.Errorf("file %d: %v", i, f)
			}
			if got := l.do("GET", f["cdn_url"].(string), "").want(200).body; got != want.content {
				t.Errorf("file %d downloads %q", i, got)
			}
		}
	})
}

func TestFormats(t *testing.T) {
	l := newLab(t, Options{})
	// complete holds a request for each format that needs more than a file.
	complete := map[string]string{
		"alpine": `"distribution":"alpine/v3.20"`, "deb": `"distribution":"debian/bookworm"`, "rpm": `"distribution":"el/9"`,
		"conan":   `"info_file":"i","manifest_file":"m","metadata_file":"d"`,
		"generic": `"filepath":"a"`, "skills": `"name":"n","version":"1"`,
		"swift": `"name":"n","scope":"s","version":"1"`, "vagrant": `"name":"n","provider":"p","version":"1"`,
	}
	if len(l.formats) != 31 {
		t.Errorf("%d formats, want the 31 of the official client", len(l.formats))
	}
	for slug := range l.formats {
		t.Run("takes "+slug, func(t *testing.T) {
			l := l.at(t)
			body := `{"package_file":"x"}`
			if more, set := complete[slug]; set {
				l.do("POST", "/packages/acme/lab/validate-upload/"+slug+"/", body).want(422).contains("This field is required.")
				body = `{"package_file":"x",` + more + `}`
			}
			l.do("POST", "/packages/acme/lab/validate-upload/"+slug+"/", body).want(204)
		})
	}
	for name, tc := range map[string]struct{ format, body, says string }{
		"an unknown distribution":          {"deb", `"distribution":"debian/potato"`, "distribution"},
		"a distribution of another format": {"rpm", `"distribution":"debian/bookworm"`, "distribution"},
		"a component with a slash":         {"deb", `"distribution":"debian/bookworm","component":"a/b"`, "component"},
		"tags as a list":                   {"raw", `"tags":["a"]`, "Not a valid string."},
		"a long name":                      {"raw", `"name":"` + strings.Repeat("n", 201) + `"`, "no more than 200"},
		"a long filepath":                  {"generic", `"filepath":"` + strings.Repeat("p", 2084) + `"`, "no more than 2083"},
		"a flag that is none":              {"raw", `"republish":"perhaps"`, "Must be a valid boolean."},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			l := l.at(t)
			l.do("POST", "/packages/acme/lab/validate-upload/"+tc.format+"/", `{"package_file":"x",`+tc.body+`}`).want(422).contains(tc.says)
		})
	}
	t.Run("does not know others", func(t *testing.T) {
		l := l.at(t)
		l.do("POST", "/packages/acme/lab/validate-upload/floppy/", `{"package_file":"x"}`).want(404)
	})
}

func TestDuplicates(t *testing.T) {
	t.Run("of raw are refused and leave no entry", func(t *testing.T) {
		l := newLab(t, Options{})
		l.create("raw", l.upload("a.txt", "one")).want(201)
		id := l.upload("a.txt", "one")
		l.create("raw", id).want(400).contains("already exists")
		if got := len(l.Packages()); got != 1 {
			t.Errorf("%d packages", got)
		}
		// The identifier was not spent.
		l.create("raw", id, "version", "2").want(201)
	})
	for _, body := range []string{"same", "other"} {
		t.Run("of generic fail in the sync and stay, bytes "+body, func(t *testing.T) {
			l := newLab(t, Options{})
			first := l.generic("a/b.txt", "same")
			second := l.generic("a/b.txt", body)
			st := l.status(second)
			if st["is_sync_failed"] != true || st["stage_str"] != "Parsing Package Metadata" {
				t.Errorf("got %v", st)
			}
			for _, part := range []string{"already exists", "This package should be deleted."} {
				if !strings.Contains(st["status_reason"].(string), part) {
					t.Errorf("the reason is %v", st["status_reason"])
				}
			}
			if l.status(first)["is_sync_completed"] != true {
				t.Error("the first one suffered")
			}
			if got := len(l.Packages()); got != 2 {
				t.Errorf("%d packages, want the failed one to stay", got)
			}
			l.do("DELETE", "/packages/acme/lab/"+second+"/", "").want(204)
			if got := l.do("GET", "/packages/acme/lab/", "").names("slug_perm"); len(got) != 1 || got[0] != first {
				t.Errorf("left: %v", got)
			}
		})
	}
	t.Run("can be switched", func(t *testing.T) {
		l := newLab(t, Options{Duplicates: map[string]DuplicateMode{"generic": RefuseAtCreate, "raw": FailSync}})
		l.generic("a", "x")
		l.create("generic", l.upload("a", "x"), "filepath", "a").want(400)
		l.create("raw", l.upload("a", "x")).want(201)
		perm := l.create("raw", l.upload("a", "x")).want(201).object()["slug_perm"].(string)
		if l.status(perm)["is_sync_failed"] != true {
			t.Error("the duplicate is fine")
		}
	})
	t.Run("replace the old one with republish", func(t *testing.T) {
		l := newLab(t, Options{})
		l.create("python", l.upload("p-1.0.whl", "old")).want(201)
		p := l.create("python", l.upload("p-1.0.whl", "new"), "republish", true).want(201).object()
		got := l.Packages()
		if len(got) != 1 || got[0].SlugPerm != p["slug_perm"] || got[0].SHA256 != sha256Of("new") {
			t.Errorf("got %+v", got)
		}
		if l.Stats().StoredBytes != 3 {
			t.Errorf("%d bytes stored", l.Stats().StoredBytes)
		}
	})
	t.Run("are told apart by what the format says", func(t *testing.T) {
		l := newLab(t, Options{})
		for _, name := range []string{"six-1.16.0.tar.gz", "six-1.16.0-py3-none-any.whl"} {
			perm := l.create("python", l.upload(name, "x")).want(201).object()["slug_perm"].(string)
			if l.status(perm)["is_sync_completed"] != true {
				t.Errorf("%s failed", name)
			}
		}
	})
	t.Run("created at once make one good package", func(t *testing.T) {
		l := newLab(t, Options{})
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() { l.generic("race.bin", "x") })
		}
		wg.Wait()
		good := 0
		for _, p := range l.Packages() {
			if p.Status == "Completed" {
				good++
			}
		}
		if good != 1 {
			t.Errorf("%d good packages", good)
		}
	})
	t.Run("recover by a resync after the first is gone", func(t *testing.T) {
		l := newLab(t, Options{})
		first, second := l.generic("a", "x"), l.generic("a", "x")
		l.do("POST", "/packages/acme/lab/"+second+"/resync/", "").want(200)
		if l.status(second)["is_sync_failed"] != true {
			t.Fatal("recovered too early")
		}
		l.do("DELETE", "/packages/acme/lab/"+first+"/", "").want(204)
		l.do("POST", "/packages/acme/lab/"+second+"/resync/", "").want(200)
		if l.status(second)["is_sync_completed"] != true {
			t.Error("did not recover")
		}
	})
}

func TestSync(t *testing.T) {
	l := newLab(t, Options{SyncDelay: 40 * time.Second})
	perm := l.generic("a/b.txt", "x")
	for _, step := range []struct {
		pass  time.Duration
		text  string
		flags map[string]bool
	}{
		{0, "Awaiting", map[string]bool{"is_sync_awaiting": true, "is_sync_in_flight": true, "is_sync_completed": false}},
		{10 * time.Second, "In Progress", map[string]bool{"is_sync_in_progress": true, "is_sync_in_flight": true, "is_downloadable": false}},
		{29 * time.Second, "In Progress", map[string]bool{"is_sync_in_progress": true, "is_resyncable": false}},
		{time.Second, "Completed", map[string]bool{"is_sync_completed": true, "is_sync_in_flight": false, "is_downloadable": true}},
	} {
		l.pass(step.pass)
		t.Run("is "+step.text+" after another "+step.pass.String(), func(t *testing.T) {
			l := l.at(t)
			st := l.status(perm)
			if st["status_str"] != step.text {
				t.Errorf("it is %v", st["status_str"])
			}
			for flag, want := range step.flags {
				if st[flag] != want {
					t.Errorf("%s is %v", flag, st[flag])
				}
			}
			p := l.do("GET", "/packages/acme/lab/"+perm+"/", "").want(200).object()
			if over := step.text == "Completed"; (p["cdn_url"] != nil) != over || (p["checksum_sha256"] != nil) != over {
				t.Errorf("cdn_url %v, checksum %v", p["cdn_url"], p["checksum_sha256"])
			}
		})
	}
	t.Run("ends with the stage that clients look for", func(t *testing.T) {
		l := l.at(t)
		if st := l.status(perm); st["stage_str"] != "Fully Synchronised" || st["stage"] != 9.0 || st["status"] != 4.0 || st["sync_progress"] != 100.0 {
			t.Errorf("got %v", st)
		}
	})
	t.Run("starts again with a resync", func(t *testing.T) {
		l := l.at(t)
		l.do("POST", "/packages/acme/lab/"+perm+"/resync/", "").want(200)
		if st := l.status(perm); st["is_sync_awaiting"] != true {
			t.Errorf("got %v", st)
		}
	})
	t.Run("can show checksums at once", func(t *testing.T) {
		l := newLab(t, Options{SyncDelay: time.Hour, ChecksumsAtOnce: true})
		l.create("raw", l.upload("a", "x")).want(201).contains(sha256Of("x"))
	})
}

func TestManage(t *testing.T) {
	t.Run("finds packages by both slugs", func(t *testing.T) {
		l := newLab(t, Options{})
		p := l.create("raw", l.upload("a.txt", "x")).object()
		for _, id := range []string{"slug", "slug_perm"} {
			l.do("GET", "/packages/acme/lab/"+p[id].(string)+"/", "").want(200).contains(`"has_dependencies":false`)
		}
		l.do("GET", "/packages/acme/lab/"+p["slug"].(string)+"/dependencies/", "").want(200).contains(`"dependencies":[]`)
	})
	t.Run("deletes once", func(t *testing.T) {
		l := newLab(t, Options{})
		perm := l.generic("a", "bytes")
		l.do("DELETE", "/packages/acme/lab/"+perm+"/", "").want(204)
		l.do("DELETE", "/packages/acme/lab/"+perm+"/", "").want(404)
		if st := l.Stats(); st.Packages != 0 || st.StoredBytes != 0 {
			t.Errorf("left: %d packages, %d bytes", st.Packages, st.StoredBytes)
		}
		l.generic("a", "bytes")
	})
	t.Run("copies to a package of its own that outlives the first", func(t *testing.T) {
		l := newLab(t, Options{})
		perm := l.generic("a b", "bytes")
		twin := l.do("POST", "/packages/acme/lab/"+perm+"/copy/", `{"destination":"other"}`).want(200).object()
		if twin["slug_perm"] == perm || twin["repository"] != "other" {
			t.Errorf("got %v in %v", twin["slug_perm"], twin["repository"])
		}
		l.do("DELETE", "/packages/acme/lab/"+perm+"/", "").want(204)
		if got := l.do("GET", twin["cdn_url"].(string), "").want(200).body; got != "bytes" {
			t.Errorf("downloads %q", got)
		}
		l.do("POST", "/packages/acme/other/"+twin["slug_perm"].(string)+"/copy/", `{"destination":"none"}`).want(422).contains("destination")
	})
	t.Run("moves", func(t *testing.T) {
		l := newLab(t, Options{})
		perm := l.generic("a", "bytes")
		l.do("POST", "/packages/acme/lab/"+perm+"/move/", `{"destination":"acme/other"}`).want(200)
		l.do("GET", "/packages/acme/lab/"+perm+"/", "").want(404)
		l.do("GET", "/packages/acme/other/"+perm+"/status/", "").want(200)
		l.generic("a", "the coordinates are free again")
	})
	t.Run("quarantines and lets go", func(t *testing.T) {
		l := newLab(t, Options{})
		perm := l.generic("a", "bytes")
		url := l.do("GET", "/packages/acme/lab/"+perm+"/", "").object()["cdn_url"].(string)
		for _, release := range []string{`{"release":true}`, `{"restore":true}`} {
			p := l.do("POST", "/packages/acme/lab/"+perm+"/quarantine/", "").want(200).object()
			if p["is_quarantined"] != true || p["is_downloadable"] != false || p["status"] != 8.0 || p["is_sync_completed"] != true {
				t.Errorf("got %v", p)
			}
			l.do("GET", url, "").want(404)
			l.do("POST", "/packages/acme/lab/"+perm+"/quarantine/", release).want(200).contains(`"status_str":"Completed"`)
			l.do("GET", url, "").want(200)
		}
		l.do("POST", "/packages/acme/lab/"+perm+"/quarantine/", "null").want(200).contains(`"is_quarantined":true`)
	})
	t.Run("tags", func(t *testing.T) {
		l := newLab(t, Options{})
		perm := l.generic("a", "bytes")
		for _, step := range []struct{ body, want string }{
			{`{"action":"add","tags":["foo","bar"],"is_immutable":false}`, `"tags":{"info":["foo","bar"]}`},
			{`{"action":"Replace","tags":["baz"]}`, `"tags":{"info":["baz"]}`},
			{`{"action":"add","tags":["baz"]}`, `"tags":{"info":["baz"]}`},
			{`{"action":"remove","tags":["baz"]}`, `"tags":{}`},
			{`{"action":"add","tags":["keep"],"is_immutable":true}`, `"tags_immutable":{"info":["keep"]}`},
			{`{"action":"clear"}`, `"tags":{"info":["keep"]}`},
		} {
			l.do("POST", "/packages/acme/lab/"+perm+"/tag/", step.body).want(200).contains(step.want)
		}
		l.do("POST", "/packages/acme/lab/"+perm+"/tag/", `{"action":"shout"}`).want(422)
	})
}

func TestDownload(t *testing.T) {
	l := newLab(t, Options{BandwidthLimit: 60})
	p := l.create("generic", l.upload("hello é.txt", "hello world"), "filepath", "a/b c/../d//hello é.txt").want(201).object()
	url := p["cdn_url"].(string)
	t.Run("takes basic authentication with any user", func(t *testing.T) {
		l := l.at(t)
		a := l.do("GET", url, "", "X-Api-Key", "", "Authorization", "Basic dG9rZW46bG9uZ3Nob3JlLWRlbW8ta2V5").want(200).contains("hello world")
		if got := a.header.Get("ETag"); got != `"`+p["checksum_md5"].(string)+`"` {
			t.Errorf("ETag %s", got)
		}
		if !strings.Contains(url, "/basic/") {
			t.Errorf("%s is not private", url)
		}
	})
	t.Run("serves ranges", func(t *testing.T) {
		l := l.at(t)
		a := l.do("GET", url, "", "Range", "bytes=6-").want(206)
		if a.body != "world" || a.header.Get("Content-Range") != "bytes 6-10/11" {
			t.Errorf("%q %q", a.body, a.header.Get("Content-Range"))
		}
	})
	t.Run("hides from strangers", func(t *testing.T) {
		l := l.at(t)
		l.do("GET", url, "", "X-Api-Key", "").want(404)
		l.do("GET", strings.Replace(url, "/basic/", "/public/", 1), "").want(404)
	})
	t.Run("has the documented addresses for raw", func(t *testing.T) {
		l := l.at(t)
		for want, fields := range map[string][]any{
			"/raw/files/f.txt":                       {},
			"/raw/versions/1/f.txt":                  {"version", "1"},
			"/raw/names/dir%2Fn/files/f.txt":         {"name", "dir/n"},
			"/raw/names/dir%2Fn/versions/1%2B/f.txt": {"name", "dir/n", "version", "1+"},
		} {
			p := l.create("raw", l.upload("f.txt", "x"), fields...).want(201).object()
			if got := p["cdn_url"].(string); !strings.HasSuffix(strings.Replace(got, "1+", "1%2B", 1), want) {
				t.Errorf("got %s, want the end %s", got, want)
			}
			l.do("GET", p["cdn_url"].(string), "").want(200)
		}
	})
	t.Run("ends with the bandwidth", func(t *testing.T) {
		l := l.at(t)
		for range 5 {
			l.do("GET", url, "")
		}
		l.do("GET", url, "").want(402)
	})
}

func TestStorageLimit(t *testing.T) {
	l := newLab(t, Options{StorageLimit: 10})
	l.upload("a", "123456789")
	l.do("PUT", l.UploadURL+"/acme/lab/b", "12").want(403)
	l.do("GET", "/quota/acme/", "").want(200).contains(`"used":9`, `"configured":10`)
}

func TestLimit(t *testing.T) {
	l := newLab(t, Options{APILimit: 2, LimitWindow: time.Minute, PauseHint: 0.5})
	t.Run("counts down in headers", func(t *testing.T) {
		l := l.at(t)
		for left := 1; left >= 0; left-- {
			h := l.do("GET", "/user/self/", "").want(200).header
			for name, want := range map[string]string{
				"X-RateLimit-Limit": "2", "X-RateLimit-Remaining": fmt.Sprint(left), "X-RateLimit-Interval": "0.5",
				"X-RateLimit-Reset": fmt.Sprint(l.now().Add(time.Minute).Unix()),
			} {
				if h.Get(name) != want {
					t.Errorf("%s is %q, want %q", name, h.Get(name), want)
				}
			}
		}
	})
	t.Run("refuses with the time to wait", func(t *testing.T) {
		l := l.at(t)
		l.pass(500 * time.Millisecond)
		a := l.do("GET", "/user/self/", "").want(429).contains("Request was throttled. Expected available in 60 seconds.")
		if a.header.Get("Retry-After") != "60" {
			t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
		}
		if l.Stats().Throttled != 1 {
			t.Errorf("%d throttled", l.Stats().Throttled)
		}
	})
	t.Run("leaves uploads and strangers alone", func(t *testing.T) {
		l := l.at(t)
		l.upload("a", "x")
		l.do("GET", "/user/self/", "", "X-Api-Key", "").want(200)
	})
	t.Run("begins anew after the window", func(t *testing.T) {
		l := l.at(t)
		l.pass(time.Minute)
		l.do("GET", "/rates/limits/", "").want(200).contains(`"core":`, `"remaining":1`)
	})
	t.Run("is far away where there is none", func(t *testing.T) {
		l := newLab(t, Options{})
		h := l.do("GET", "/user/self/", "").header
		if h.Get("X-RateLimit-Interval") != "0.0" || h.Get("X-RateLimit-Limit") != fmt.Sprint(noLimit) {
			t.Errorf("got %v", h)
		}
	})
}
