package emulator

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestFaults(t *testing.T) {
	const self = "/user/self/"
	faulty := func(t *testing.T, f Fault) *lab {
		l := newLab(t, Options{})
		l.fault(f)
		return l
	}
	n := func(v int64) *int64 { return &v }

	t.Run("answer with a status as often as told", func(t *testing.T) {
		l := faulty(t, Fault{Path: self, Times: 2, Status: 429, RetryAfter: "7"})
		for range 2 {
			if a := l.do("GET", self, "").want(429); a.header.Get("Retry-After") != "7" {
				t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
			}
		}
		l.do("GET", "/v1"+self, "").want(200)
		l.do("GET", "/_emulator/faults", "").want(200).contains(`"seen":3`, `"fired":2`)
	})
	t.Run("choose the nth call, or every nth", func(t *testing.T) {
		l := faulty(t, Fault{Method: "get", Route: self, Nth: 2, Status: 503})
		l.fault(Fault{Path: "/repos/**", Every: 2, Status: 500})
		for _, want := range []int{200, 503, 200, 200} {
			l.do("GET", self, "").want(want)
		}
		for _, want := range []int{200, 500, 200, 500} {
			l.do("GET", "/repos/acme/lab/", "").want(want)
		}
	})
	t.Run("leave other requests alone", func(t *testing.T) {
		l := faulty(t, Fault{Role: RoleUpload, Method: "PUT", Path: "/acme/lab/bad*", Status: 500})
		l.upload("good.bin", "x")
		l.do("PUT", l.UploadURL+"/acme/lab/bad.bin", "x").want(500)
		l.do("GET", "/packages/acme/lab/", "").want(200)
		if got := l.Stats().Faulted; got != 1 {
			t.Errorf("%d faulted", got)
		}
	})
	t.Run("have no effect with a status", func(t *testing.T) {
		l := faulty(t, Fault{Route: createRoute, Times: 1, Status: 500, HTML: true})
		id := l.upload("a", "x")
		a := l.create("raw", id).want(500).contains("<html>")
		if a.header.Get("Content-Type") != "text/html" {
			t.Errorf("type %s", a.header.Get("Content-Type"))
		}
		l.create("raw", id).want(201)
	})
	t.Run("have their effect first if told so", func(t *testing.T) {
		l := faulty(t, Fault{Route: createRoute, Times: 1, Status: 500, AfterEffect: true})
		id := l.upload("a", "x")
		l.create("raw", id).want(500)
		l.create("raw", id).want(422).contains("used already")
		if got := len(l.Packages()); got != 1 {
			t.Errorf("%d packages", got)
		}
	})
	t.Run("lose an answer after the effect", func(t *testing.T) {
		l := faulty(t, Fault{Route: createRoute, Times: 1, AnswerLost: true})
		id := l.upload("a", "x")
		if a, err := l.try("POST", "/packages/acme/lab/upload/raw/", `{"package_file":"`+id+`"}`); err == nil {
			t.Errorf("got an answer: %d", a.status)
		}
		if got := len(l.Packages()); got != 1 {
			t.Errorf("%d packages", got)
		}
	})
	t.Run("cut a request and keep nothing of it", func(t *testing.T) {
		l := faulty(t, Fault{Role: RoleUpload, Times: 1, ResetRequest: n(1000)})
		if a, err := l.try("PUT", l.UploadURL+"/acme/lab/a", strings.Repeat("x", 1<<20)); err == nil {
			t.Errorf("got an answer: %d", a.status)
		}
		if st := l.Stats(); st.StoredBytes != 0 || st.Statuses["PUT /upload/{owner}/{repo}/{filename} 0"] != 1 {
			t.Errorf("got %+v", st)
		}
		l.upload("a", "x")
	})
	t.Run("cut an answer, abruptly or not", func(t *testing.T) {
		for _, f := range []Fault{{ResetResponse: n(10)}, {Truncate: n(10)}} {
			f.Path = self
			l := faulty(t, f)
			a, err := l.try("GET", self, "")
			if err == nil && a.err == nil {
				t.Errorf("%+v: the answer came whole: %s", f, a.body)
			}
			if f.Truncate != nil && (a.body != `{"authenti` || !errors.Is(a.err, io.ErrUnexpectedEOF)) {
				t.Errorf("got %q, %v", a.body, a.err)
			}
		}
	})
	t.Run("corrupt a download", func(t *testing.T) {
		l := faulty(t, Fault{Role: RoleDownload, CorruptResponse: true})
		p := l.create("raw", l.upload("a", "bytes")).object()
		if got := l.do("GET", p["cdn_url"].(string), "").want(200).body; got == "bytes" || len(got) != 5 {
			t.Errorf("got %q", got)
		}
	})
	t.Run("corrupt what is stored, digests included", func(t *testing.T) {
		for _, content := range []string{"bytes", ""} {
			l := faulty(t, Fault{CorruptStored: true})
			p := l.create("raw", l.upload("a", content)).want(201).object()
			body := l.do("GET", p["cdn_url"].(string), "").want(200).body
			if body == content || p["checksum_sha256"] != sha256Of(body) {
				t.Errorf("stored %q, digest %v", body, p["checksum_sha256"])
			}
		}
		l := faulty(t, Fault{Role: RoleUpload, CorruptStored: true})
		u := l.requestUpload(map[string]any{"filename": "p", "method": methodParts})
		l.do("PUT", u.URL+"?"+*u.Query, "part").want(200)
		l.do("POST", "/files/acme/lab/"+u.Identifier+"/complete/", "").want(201)
		p := l.create("raw", u.Identifier).want(201).object()
		if p["checksum_sha256"] == sha256Of("part") {
			t.Error("the part is whole")
		}
	})
	t.Run("throw bytes away", func(t *testing.T) {
		l := faulty(t, Fault{Role: RoleUpload, DiscardBytes: true})
		perm := l.create("raw", l.upload("a", "bytes")).want(201).object()["slug_perm"].(string)
		if st := l.status(perm); st["is_sync_failed"] != true || st["status_reason"] != nil {
			t.Errorf("got %v", st)
		}
	})
	t.Run("fail a synchronisation for a reason", func(t *testing.T) {
		reason := "Could not parse package metadata"
		l := faulty(t, Fault{Times: 1, Sync: &SyncFault{Fail: true, Reason: &reason}})
		perm := l.generic("a", "x")
		if st := l.status(perm); st["is_sync_failed"] != true || st["status_reason"] != reason {
			t.Errorf("got %v", st)
		}
		// A failed entry holds no coordinates.
		if st := l.status(l.generic("a", "x")); st["is_sync_completed"] != true {
			t.Errorf("got %v", st)
		}
	})
	t.Run("let a synchronisation hang, or take its time", func(t *testing.T) {
		slow := Duration(time.Hour)
		l := faulty(t, Fault{Nth: 1, Sync: &SyncFault{Hang: true}})
		l.fault(Fault{Nth: 2, Sync: &SyncFault{Delay: &slow}})
		hanging, late := l.generic("a", "x"), l.generic("b", "x")
		l.pass(59 * time.Minute)
		for _, perm := range []string{hanging, late} {
			if st := l.status(perm); st["is_sync_in_progress"] != true {
				t.Errorf("got %v", st)
			}
		}
		l.pass(time.Minute)
		if st := l.status(late); st["is_sync_completed"] != true {
			t.Errorf("got %v", st)
		}
		if st := l.status(hanging); st["is_sync_in_progress"] != true {
			t.Errorf("got %v", st)
		}
	})
	t.Run("hide a package from lists for a while", func(t *testing.T) {
		l := faulty(t, Fault{Times: 1, ListLag: Duration(time.Minute)})
		l.generic("hidden", "x")
		l.generic("seen", "x")
		if got := l.do("GET", "/packages/acme/lab/", "").names("name"); len(got) != 1 || got[0] != "seen" {
			t.Errorf("got %v", got)
		}
		l.pass(time.Minute)
		if got := l.do("GET", "/packages/acme/lab/", "").names("name"); len(got) != 2 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("take their time", func(t *testing.T) {
		l := faulty(t, Fault{Path: self, Latency: Duration(50 * time.Millisecond)})
		start := time.Now()
		l.do("GET", self, "").want(200)
		if took := time.Since(start); took < 50*time.Millisecond {
			t.Errorf("took %s", took)
		}
	})
	t.Run("change headers of good answers", func(t *testing.T) {
		l := faulty(t, Fault{Path: self, Headers: map[string]string{"X-RateLimit-Interval": "0.25"}, RemoveHeaders: []string{"X-RateLimit-Limit"}})
		h := l.do("GET", self, "").want(200).header
		if h.Get("X-RateLimit-Interval") != "0.25" || h.Get("X-RateLimit-Limit") != "" || h.Get("X-RateLimit-Remaining") == "" {
			t.Errorf("got %v", h)
		}
	})
	t.Run("spare the control paths", func(t *testing.T) {
		l := faulty(t, Fault{Status: 500})
		l.do("GET", "/_emulator/stats", "").want(200)
		l.do("GET", "/packages/acme/lab/", "").want(500)
	})
	t.Run("can be removed", func(t *testing.T) {
		l := faulty(t, Fault{Path: self, Status: 500})
		l.fault(Fault{Path: self, Status: 501})
		l.do("DELETE", "/_emulator/faults/2", "").want(204)
		l.do("DELETE", "/_emulator/faults/2", "").want(404)
		l.do("GET", self, "").want(500)
		l.do("DELETE", "/_emulator/faults", "").want(204)
		l.do("GET", self, "").want(200)
	})
	for name, body := range map[string]string{
		"misspelt":            `{"sattus":500}`,
		"idle":                `{"path":"/user/self/"}`,
		"with a bad status":   `{"status":42}`,
		"with a bad duration": `{"latency":"soon"}`,
		"with a bad role":     `{"role":"moon","status":500}`,
		"with a bad pattern":  `{"path":"[","status":500}`,
		"half good":           `[{"status":500},{"status":1}]`,
	} {
		t.Run("are refused if "+name, func(t *testing.T) {
			l := newLab(t, Options{})
			l.do("POST", "/_emulator/faults", body).want(400)
			l.do("GET", "/user/self/", "").want(200)
		})
	}
}
