package emulator

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// guessing starts a Server with and without a guess turned round.
func guessing(t *testing.T, g Guesses) (usual, other *lab) {
	t.Helper()
	return newLab(t, Options{}), newLab(t, Options{Guesses: g})
}

func TestGuesses(t *testing.T) {
	const files = "/files/acme/lab/"
	t.Run("rate_resource", func(t *testing.T) {
		usual, other := guessing(t, Guesses{RateResource: "api"})
		usual.do("GET", "/rates/limits/", "").contains(`"core":`)
		other.do("GET", "/rates/limits/", "").contains(`"api":`)
	})
	t.Run("require_md5", func(t *testing.T) {
		usual, other := guessing(t, Guesses{RequireMD5: true})
		usual.do("POST", files, `{"filename":"a"}`).want(202)
		other.do("POST", files, `{"filename":"a"}`).want(422).contains("md5_checksum")
		other.do("POST", files, `{"filename":"a","method":"put"}`).want(202)
		other.do("POST", files, `{"filename":"a","md5_checksum":"d41d8cd98f00b204e9800998ecf8427e"}`).want(202)
	})
	t.Run("offered_methods", func(t *testing.T) {
		usual, other := guessing(t, Guesses{OfferedMethods: []string{methodPost, methodParts}})
		usual.do("POST", files, `{"filename":"a","method":"presigned"}`).want(202)
		other.do("POST", files, `{"filename":"a","method":"presigned"}`).want(422).contains("method")
	})
	t.Run("min_part_bytes", func(t *testing.T) {
		_, other := guessing(t, Guesses{MinPartBytes: 3})
		usual, err := Start("127.0.0.1:0", Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer usual.Stop()
		for l, want := range map[*lab]int{{usual, nil, t}: 400, other: 201} {
			_, id := parts(l, "123", "4")
			l.do("POST", files+id+"/complete/", "").want(want)
		}
		_, id := parts(other, "12", "3")
		other.do("POST", files+id+"/complete/", "").want(400).contains("Part 1")
	})
	t.Run("ordered_parts", func(t *testing.T) {
		usual, other := guessing(t, Guesses{OrderedParts: true})
		for l, want := range map[*lab]int{usual: 200, other: 422} {
			url, id := parts(l)
			l.do("PUT", url+"?"+partQuery(id, 2), "x").want(want)
			l.do("PUT", url+"?"+partQuery(id, 1), "x").want(200)
			l.do("PUT", url+"?"+partQuery(id, 1), "x").want(want)
		}
	})
	t.Run("ignore_digest_header", func(t *testing.T) {
		usual, other := guessing(t, Guesses{IgnoreDigestHeader: true})
		for l, want := range map[*lab]int{usual: 422, other: 200} {
			l.do("PUT", l.UploadURL+"/acme/lab/a", "x", "Content-Sha256", sha256Of("y")).want(want)
		}
	})
	t.Run("form_lifetime and upload_lifetime", func(t *testing.T) {
		usual, other := guessing(t, Guesses{UploadLifetime: time.Minute})
		for l, want := range map[*lab]int{usual: 201, other: 422} {
			id := l.upload("a", "x")
			l.pass(2 * time.Minute)
			l.create("raw", id).want(want)
		}
		usual, other = guessing(t, Guesses{FormLifetime: time.Minute})
		for l, want := range map[*lab]int{usual: 204, other: 403} {
			up := l.do("POST", files, `{"filename":"a"}`).want(202).object()
			l.pass(2 * time.Minute)
			body, kind := formOf(l, up, "x")
			l.do("POST", up["upload_url"].(string), body, "Content-Type", kind, "X-Api-Key", "").want(want)
		}
	})
	t.Run("reused_file_status", func(t *testing.T) {
		usual, other := guessing(t, Guesses{ReusedFileStatus: 400})
		for l, want := range map[*lab]int{usual: 422, other: 400} {
			id := l.upload("a", "x")
			l.create("raw", id).want(201)
			l.create("raw", id, "name", "other").want(want).contains("package_file")
		}
	})
	t.Run("any_distribution", func(t *testing.T) {
		usual, other := guessing(t, Guesses{AnyDistribution: true})
		for l, want := range map[*lab]int{usual: 422, other: 201} {
			l.create("deb", l.upload("a.deb", "x"), "distribution", "made/up").want(want)
		}
	})
	t.Run("refuse_empty_files", func(t *testing.T) {
		usual, other := guessing(t, Guesses{RefuseEmptyFiles: true})
		for l, want := range map[*lab]int{usual: 201, other: 422} {
			l.create("raw", l.upload("a", "")).want(want)
		}
	})
	t.Run("odd_filepaths", func(t *testing.T) {
		for words, want := range map[string]string{"": "/a//b/../c/", normaliseFilepaths: "a/c", refuseFilepaths: ""} {
			l := newLab(t, Options{Guesses: Guesses{OddFilepaths: words}})
			a := l.create("generic", l.upload("c", "x"), "filepath", "/a//b/../c/")
			if want == "" {
				a.want(422).contains("filepath")
				continue
			}
			if got := a.want(201).object()["filepath"]; got != want {
				t.Errorf("%q makes %v, want %q", words, got, want)
			}
			l.create("generic", l.upload("c", "x"), "filepath", "fine/path").want(201).contains("fine/path")
		}
	})
	t.Run("fold_filepaths and loose_raw_identity", func(t *testing.T) {
		refuse := map[string]DuplicateMode{"generic": RefuseAtCreate}
		for g, want := range map[bool]int{false: 201, true: 400} {
			l := newLab(t, Options{Duplicates: refuse, Guesses: Guesses{FoldFilepaths: g, LooseRawIdentity: g}})
			l.create("generic", l.upload("a", "x"), "filepath", "Dir/A").want(201)
			l.create("generic", l.upload("a", "x"), "filepath", "dir/a").want(want)
			l.create("raw", l.upload("a", "x"), "name", "n", "version", "1").want(201)
			url := l.create("raw", l.upload("b", "x"), "name", "n", "version", "1").want(want).object()["cdn_url"]
			if want == 201 {
				l.do("GET", url.(string), "").want(200)
			}
		}
	})
	t.Run("strict_maven", func(t *testing.T) {
		usual, other := guessing(t, Guesses{StrictMaven: true})
		for l, want := range map[*lab]bool{usual: false, other: true} {
			p := l.create("maven", l.upload("a-1.jar", "x")).want(201).object()
			if p["is_sync_failed"] != want {
				t.Errorf("failed: %v, want %v", p["is_sync_failed"], want)
			}
		}
		other.create("maven", other.upload("b-1.jar", "x"), "group_id", "g", "artifact_id", "b", "version", "1").contains(`"is_sync_failed":false`)
	})
	t.Run("status_numbers and stage_numbers", func(t *testing.T) {
		l := newLab(t, Options{SyncDelay: time.Hour, Guesses: Guesses{StatusNumbers: map[string]int{"Awaiting": 0}, StageNumbers: map[string]int{"Queued": 7}}})
		st := l.status(l.generic("a", "x"))
		if st["status"] != 0.0 || st["stage"] != 7.0 {
			t.Errorf("status %v, stage %v", st["status"], st["stage"])
		}
	})
	t.Run("quarantine_is_unfinished", func(t *testing.T) {
		usual, other := guessing(t, Guesses{QuarantineIsUnfinished: true})
		for l, want := range map[*lab]bool{usual: true, other: false} {
			perm := l.generic("a", "x")
			l.do("POST", "/packages/acme/lab/"+perm+"/quarantine/", "").want(200)
			if got := l.status(perm)["is_sync_completed"]; got != want {
				t.Errorf("completed: %v, want %v", got, want)
			}
		}
	})
	t.Run("empty_pages", func(t *testing.T) {
		usual, other := guessing(t, Guesses{EmptyPages: true})
		usual.do("GET", "/packages/acme/lab/?page=2", "").want(404)
		if got := other.do("GET", "/packages/acme/lab/?page=2", "").want(200).names("name"); len(got) != 0 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("searched_digests and search_companions", func(t *testing.T) {
		usual, other := guessing(t, Guesses{SearchedDigests: []string{"md5"}})
		companions := newLab(t, Options{Guesses: Guesses{SearchCompanions: true}})
		for l, want := range map[*lab][2]int{usual: {1, 0}, other: {0, 0}, companions: {1, 1}} {
			l.create("helm", l.upload("a-1.tgz", "chart"), "provenance_file", l.upload("a-1.tgz.prov", "proof")).want(201)
			for i, body := range []string{"chart", "proof"} {
				got := l.do("GET", "/packages/acme/lab/?query=checksum:"+sha256Of(body), "").want(200).names("name")
				if len(got) != want[i] {
					t.Errorf("%s: found %v, want %d", body, got, want[i])
				}
			}
		}
	})
	t.Run("denied_download_status, no_ranges and no_etags", func(t *testing.T) {
		usual, other := guessing(t, Guesses{DeniedDownloadStatus: 401, NoRanges: true, NoETags: true})
		for l, want := range map[*lab][2]int{usual: {404, 206}, other: {401, 200}} {
			perm := l.generic("a", "12345")
			url := l.do("GET", "/packages/acme/lab/"+perm+"/", "").object()["cdn_url"].(string)
			l.do("GET", url, "", "X-Api-Key", "").want(want[0])
			a := l.do("GET", url, "", "Range", "bytes=1-2").want(want[1])
			if got := a.header.Get("ETag") != ""; got != (l == usual) {
				t.Errorf("ETag: %v", got)
			}
		}
	})
	t.Run("free_at_delete", func(t *testing.T) {
		for free, want := range map[bool]int{false: 403, true: 200} {
			l := newLab(t, Options{StorageLimit: 10, Guesses: Guesses{FreeAtDelete: free}})
			perm := l.generic("a", "123456")
			l.do("DELETE", "/packages/acme/lab/"+perm+"/", "").want(204)
			l.do("PUT", l.UploadURL+"/acme/lab/b", "123456").want(want)
			l.pass(8 * 24 * time.Hour)
			l.do("PUT", l.UploadURL+"/acme/lab/c", "123").want(200)
		}
	})
	t.Run("accept_chunked", func(t *testing.T) {
		usual, other := guessing(t, Guesses{AcceptChunked: true})
		for l, want := range map[*lab]int{usual: 411, other: 200} {
			if got := chunked(l, "12345"); got != want {
				t.Errorf("status %d, want %d", got, want)
			}
		}
	})
}

func TestGuessesThatCannotBe(t *testing.T) {
	for name, g := range map[string]Guesses{
		"a method that does not exist":  {OfferedMethods: []string{"ftp"}},
		"a digest that does not exist":  {SearchedDigests: []string{"crc32"}},
		"a word that does not exist":    {OddFilepaths: "perhaps"},
		"a status that is no refusal":   {ReusedFileStatus: 200},
		"a status that is a good one":   {DeniedDownloadStatus: 302},
		"a form that was never valid":   {FormLifetime: -1},
		"an identifier never to be had": {UploadLifetime: -1},
	} {
		if s, err := New(Options{Guesses: g}); err == nil {
			t.Errorf("%s is taken", name)
			_ = s.Close()
		}
	}
}

// TestEveryGuessIsAnOpenPoint keeps the page that says how to ask a real
// account complete.
func TestEveryGuessIsAnOpenPoint(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "cloudsmith-open-points.md"))
	if err != nil {
		t.Fatal(err)
	}
	options := []string{"duplicates", "strict_files", "checksums_at_once", "plain_bearer", "digest_mismatch_status", "list_lag"}
	for f := range reflect.TypeFor[Guesses]().Fields() {
		options = append(options, f.Tag.Get("yaml"))
	}
	for _, name := range options {
		if name == "" || !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("the page does not explain %q", name)
		}
	}
}
