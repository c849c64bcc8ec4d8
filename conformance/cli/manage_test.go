//go:build conformance

package cli

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

// newPackage is a rig with one raw package, and its identifier.
func newPackage(t *testing.T) (*rig, string) {
	t.Helper()
	r := newRig(t, emulator.Options{})
	data, _ := r.cloudsmith("push raw O hello.txt --name conf-dl -I 0.1 -F json").exits(0).json()["data"].(map[string]any)
	id, _ := data["slug_perm"].(string)
	if id == "" {
		t.Fatalf("the push names no package: %v", data)
	}
	return r, id
}

func TestAccount(t *testing.T) {
	t.Parallel()
	r := newRig(t, emulator.Options{})
	for _, tc := range []struct {
		name, command, path string
		says                []string
	}{
		{"M01 whoami", "whoami", "/user/self/", []string{"You are authenticated as:", "Migration Service", "svc-migrate", "svc-migrate@example.com"}},
		{"M04 check rates", "check rates", "/rates/limits/", []string{"core", "Results: 1 resource"}},
		{"M05 check limits in JSON fails in the client", "check limits -F json", "/rates/limits/", []string{"Failed to convert to JSON"}},
		{"M06 check service", "check service", "/status/check/basic/", []string{r.http.URL, "Cloudsmith API is operational.", "(up-to-date)"}},
		{"M07 list repos", "list repos acme", "/repos/acme/", []string{"pkgs", "pkgs2", "Private"}},
		{"M07 repos get", "repos get acme", "/repos/acme/", []string{"pkgs", "pkgs2"}},
		{"M13 list distros", "list distros deb", "/distros/", []string{"debian/bookworm"}},
		{"M27 quota limits", "quota limits acme", "/quota/acme/", []string{"Bandwidth", "Storage"}},
		{"M28 quota history", "quota history acme", "/quota/history/acme/", nil},
		{"M29 list entitlements", "list entitlements O", "/entitlements/acme/pkgs/", []string{"Default (token)", "1 entitlement visible"}},
		{"M30 metrics packages", "metrics packages O", "/metrics/packages/acme/pkgs/", []string{"Activity Summary", "Bandwidth", "Downloads"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := r.at(t).cloudsmith(tc.command).exits(0).sends(1).says(tc.says...)
			o.wantFound(1, "api", "GET", tc.path)
		})
	}
	t.Run("M02 whoami tells about the key", func(t *testing.T) {
		o := r.at(t).cloudsmith("whoami -v").exits(0).sends(2).says("Source: CLOUDSMITH_API_KEY env var (ends with ...1234)", "Token Slug")
		o.wantFound(1, "api", "GET", "/user/tokens/")
	})
	t.Run("M03 whoami in JSON", func(t *testing.T) {
		data, _ := r.at(t).cloudsmith("whoami -F json").exits(0).json()["data"].(map[string]any)
		wantFields(t, "data", data, map[string]any{"email": "svc-migrate@example.com", "is_authenticated": true, "name": "Migration Service", "username": "svc-migrate"})
	})
	t.Run("M08 repos create", func(t *testing.T) {
		r := r.at(t)
		o := r.cloudsmith("repos create acme repo.json").exits(0)
		wantJSON(t, "create", o.wantFound(1, "api", "POST", "/repos/acme/")[0].object(),
			map[string]any{"name": "newrepo", "repository_type_str": "Private", "description": "x"})
		r.cloudsmith("repos get acme/newrepo").exits(0).says("newrepo").wantFound(1, "api", "GET", "/repos/acme/newrepo/")
	})
}

func TestLists(t *testing.T) {
	t.Parallel()
	r := newRig(t, emulator.Options{})
	r.fill(7)
	for _, tc := range []struct {
		name, command, query string
		says                 []string
	}{
		{"M09 list packages", "list packages O", "page=1&page_size=30", []string{"Results: 1-7 (7) of 7 packages visible (page: 1/1, page size: 30)"}},
		{"M11 the second page of two", "list packages O -l 2 -p 2", "page=2&page_size=2", []string{"Results: 3-4 (2) of 7 packages visible (page: 2/4, page size: 2)"}},
		{"M11 the last page is short", "list packages O -l 2 -p 4", "page=4&page_size=2", []string{"Results: 7-7 (1) of 7 package visible (page: 4/4, page size: 2)"}},
		{"M12 all pages", "list packages O --page-all", "page=1&page_size=1000", []string{"Results: 7 packages retrieved"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := r.at(t).cloudsmith(tc.command).exits(0).sends(1).says(tc.says...)
			if q := o.wantFound(1, "api", "GET", "/packages/acme/pkgs/")[0].query; q != tc.query {
				t.Errorf("query %s, want %s", q, tc.query)
			}
		})
	}
	for _, tc := range []struct {
		name, query string
		want        []string
	}{
		{"M10 by exact name", "name:^item-0003$ --sort -date", []string{"item-0003"}},
		{"by part of a name, sorted", "name:item-000 --sort name", []string{"item-0000", "item-0001", "item-0002", "item-0003", "item-0004", "item-0005", "item-0006"}},
		{"by two words", "'name:item-0001 OR name:item-0005' --sort -name", []string{"item-0005", "item-0001"}},
		{"by checksum", "checksum:" + sha256Of("bytes of item 4"), []string{"item-0004"}},
		{"by file name", "filename:^item-0002.bin$", []string{"item-0002"}},
		{"by format and status", "'format:raw AND status:completed AND name:0006'", []string{"item-0006"}},
		{"by nothing there", "name:^absent$", nil},
	} {
		t.Run("search "+tc.name, func(t *testing.T) {
			out := r.at(t).cloudsmith("list packages O -F json -q " + tc.query).exits(0).sends(1).json()
			var names []string
			for _, p := range out["data"].([]any) {
				names = append(names, p.(map[string]any)["name"].(string))
			}
			if fmt.Sprint(names) != fmt.Sprint(tc.want) {
				t.Errorf("found %v, want %v", names, tc.want)
			}
			page := out["meta"].(map[string]any)["pagination"].(map[string]any)
			if page["results_total"] != float64(len(tc.want)) {
				t.Errorf("pagination %v", page)
			}
		})
	}
}

func TestListManyPages(t *testing.T) {
	t.Run("M12b every package once", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{})
		r.fill(1203)
		o := r.cloudsmith("list packages O --page-all -F json").exits(0).sends(3)
		seen := map[string]int{}
		for _, p := range o.json()["data"].([]any) {
			seen[p.(map[string]any)["name"].(string)]++
		}
		if len(seen) != 1203 {
			t.Errorf("%d packages, want 1203", len(seen))
		}
	})
}

func TestPackage(t *testing.T) {
	t.Run("M14 M15 status and tags", func(t *testing.T) {
		t.Parallel()
		r, id := newPackage(t)
		r.cloudsmith("status O/" + id).exits(0).sends(1).says("Completed / Fully Synchronised")
		data, _ := r.cloudsmith("status O/" + id + " -F json").exits(0).json()["data"].(map[string]any)
		wantFields(t, "data", data, map[string]any{"failed": false, "ok": true, "reason": nil, "stage": "Fully Synchronised", "status": "Completed"})
		r.cloudsmith("tags list O/" + id).exits(0).sends(1).says("Results: 0 tags")
		r.cloudsmith("list dependencies O/" + id).exits(0).sends(1).says("Results: 0 direct dependencies")
	})
	t.Run("M16 to M19 tags", func(t *testing.T) {
		t.Parallel()
		r, id := newPackage(t)
		for _, tc := range []struct {
			command, body, says string
			tags                []string
		}{
			{"add O/" + id + " foo,bar", `{"action":"add","tags":["foo","bar"],"is_immutable":false}`, "Results: 2 tags", []string{"bar", "foo"}},
			{"replace O/" + id + " baz", `{"action":"replace","tags":["baz"],"is_immutable":false}`, "Results: 1 tag", []string{"baz"}},
			{"remove O/" + id + " baz", `{"action":"remove","tags":["baz"]}`, "Results: 0 tags", nil},
			{"add O/" + id + " last", `{"action":"add","tags":["last"],"is_immutable":false}`, "Results: 1 tag", []string{"last"}},
			{"clear O/" + id, `{"action":"clear"}`, "Results: 0 tags", nil},
		} {
			o := r.cloudsmith("tags " + tc.command).exits(0).says(tc.says)
			sent := o.wantFound(1, "api", "POST", "/packages/acme/pkgs/"+id+"/tag/")[0]
			wantJSON(t, tc.command, sent.object(), decode([]byte(tc.body)))
			wantTags(t, r.detail("pkgs", id), tc.tags...)
		}
	})
	t.Run("M20 M21 quarantine", func(t *testing.T) {
		t.Parallel()
		r, id := newPackage(t)
		o := r.cloudsmith("quarantine add O/" + id).exits(0)
		if sent := o.wantFound(1, "api", "POST", "/packages/acme/pkgs/"+id+"/quarantine/")[0]; sent.length != 0 {
			t.Errorf("a body of %d bytes", sent.length)
		}
		wantFields(t, "package", r.detail("pkgs", id), map[string]any{"is_quarantined": true, "is_downloadable": false, "status_str": "Quarantined"})
		r.cloudsmith("download O conf-dl --outfile " + r.home + "/no.txt -y").exits(1)
		o = r.cloudsmith("quarantine remove O/" + id).exits(0)
		wantJSON(t, "remove", o.wantFound(1, "api", "POST", "/packages/acme/pkgs/"+id+"/quarantine/")[0].object(), map[string]any{"restore": true})
		wantFields(t, "package", r.detail("pkgs", id), map[string]any{"is_quarantined": false, "is_downloadable": true, "status_str": "Completed"})
	})
	t.Run("M22 resync", func(t *testing.T) {
		t.Parallel()
		r, id := newPackage(t)
		o := r.cloudsmith("resync O/" + id + " -I 0.1").exits(0).says("synchronised successfully")
		if sent := o.wantFound(1, "api", "POST", "/packages/acme/pkgs/"+id+"/resync/")[0]; sent.length != 0 {
			t.Errorf("a body of %d bytes", sent.length)
		}
	})
	t.Run("M23 M24 copy", func(t *testing.T) {
		t.Parallel()
		r, id := newPackage(t)
		o := r.cloudsmith("copy O/" + id + " pkgs2 -I 0.1").exits(0).says("Copied: acme/pkgs2/")
		wantJSON(t, "copy", o.wantFound(1, "api", "POST", "/packages/acme/pkgs/"+id+"/copy/")[0].object(), map[string]any{"destination": "pkgs2"})
		if polls := o.find("api", "GET", "/packages/acme/pkgs2/"); len(polls) == 0 {
			t.Error("no poll in the destination")
		}
		from, to := r.wantPackages(1)[0], r.packages("pkgs2")
		if len(to) != 1 || to[0].SlugPerm == from.SlugPerm || to[0].SHA256 != from.SHA256 {
			t.Errorf("from %+v, to %+v", from, to)
		}
	})
	t.Run("M25 move", func(t *testing.T) {
		t.Parallel()
		r, id := newPackage(t)
		o := r.cloudsmith("move O/" + id + " pkgs2 -y -W").exits(0)
		wantJSON(t, "move", o.wantFound(1, "api", "POST", "/packages/acme/pkgs/"+id+"/move/")[0].object(), map[string]any{"destination": "pkgs2"})
		r.wantPackages(0)
		if to := r.packages("pkgs2"); len(to) != 1 || to[0].SHA256 != sha256Of("hello raw\r\nline2\n") {
			t.Errorf("%+v", to)
		}
	})
	t.Run("M31 download", func(t *testing.T) {
		t.Parallel()
		r, _ := newPackage(t)
		o := r.cloudsmith("download O conf-dl --outfile " + r.home + "/out.txt --overwrite -y").exits(0).sends(2).says("All 1 file(s) downloaded successfully!")
		if q := o.requests[0].query; q != "page=1&page_size=100&query=name%3Aconf-dl" {
			t.Errorf("query %s", q)
		}
		get := o.wantFound(1, "dl", "GET", "/basic/acme/pkgs/")[0]
		if !strings.HasPrefix(get.header.Get("Authorization"), "Basic ") {
			t.Errorf("headers %v", get.header)
		}
		data, err := os.ReadFile(r.home + "/out.txt")
		if err != nil || sha256Of(string(data)) != content(t, "hello.txt")["checksum_sha256"] {
			t.Errorf("%q, error %v", data, err)
		}
		r.cloudsmith("download O conf-dl --outfile " + r.home + "/out.txt --overwrite -y").exits(0).isSilentAbout("mismatch")
	})
	t.Run("M32 M33 delete", func(t *testing.T) {
		t.Parallel()
		r, id := newPackage(t)
		o := r.cloudsmith("delete O/" + id + " -y").exits(0)
		if sent := o.wantFound(1, "api", "DELETE", "/packages/acme/pkgs/"+id+"/")[0]; sent.status != 204 || sent.length != 0 {
			t.Errorf("status %d, a body of %d bytes", sent.status, sent.length)
		}
		r.wantPackages(0)
		r.cloudsmith("delete O/"+id+" -y").exits(148).says("Failed to delete the package!", "(status: 404 - Not Found)")
	})
	t.Run("M34 metadata is not served", func(t *testing.T) {
		t.Parallel()
		r, id := newPackage(t)
		r.unknown = true
		r.cloudsmith("metadata list O/" + id).exits(148)
	})
}

// TestDownloadEveryFormat downloads what was pushed, companions included.
func TestDownloadEveryFormat(t *testing.T) {
	for _, format := range []string{"generic", "maven", "deb", "python"} {
		t.Run("the files of "+format, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, emulator.Options{})
			p := everyFormatNamed(t, format)
			_, pkg := p.run(r)
			out := filepath.Join(r.home, "out")
			r.cloudsmith("download O " + pkg["name"].(string) + " --all-files --outfile " + out + " -y").exits(0)
			for _, name := range p.files {
				data, err := os.ReadFile(filepath.Join(out, path.Base(name)))
				if err != nil || sha256Of(string(data)) != content(t, name)["checksum_sha256"] {
					t.Errorf("%s: %d bytes, error %v", name, len(data), err)
				}
			}
		})
	}
}
