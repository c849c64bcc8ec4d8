package bindings

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"testing"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

// upload is one of the 27 pairs of calls that validate and create packages.
// They differ in their types only, so they are called by name.
type upload struct {
	// name is how the client's methods spell the format.
	name, slug, filename string
	// fields besides package_file; those of files hold what is in them.
	fields map[string]string
	files  map[string]string
	// extra is what extra_files holds.
	extra []string
}

func uploads() []upload {
	type m = map[string]string
	return []upload{
		{name: "Alpine", filename: "tool-1.2-r0.apk", fields: m{"distribution": "alpine/v3.20"}},
		{name: "Cargo", filename: "tool-1.2.0.crate"},
		{name: "Cocoapods", filename: "Tool-1.2.tar.gz"},
		{name: "Composer", filename: "tool.phar", fields: m{"version": "1.2"}},
		{name: "Conan", filename: "conan_package.tgz", fields: m{"name": "tool", "version": "1.2", "conan_prefix": "acme", "conan_channel": "stable"},
			files: m{"info_file": "conaninfo.txt", "manifest_file": "conanmanifest.txt", "metadata_file": "conanfile.py"}},
		{name: "Conda", filename: "tool-1.2-0.tar.bz2"},
		{name: "Cran", filename: "tool_1.2.tar.gz", fields: m{"r_version": "4.3", "architecture": "x86_64"}},
		{name: "Dart", filename: "tool-1.2.tar.gz"},
		{name: "Deb", filename: "tool_1.2-1.dsc", fields: m{"distribution": "debian/bookworm", "component": "main"},
			files: m{"sources_file": "tool_1.2.orig.tar.gz", "changes_file": "tool_1.2-1.debian.tar.xz"}},
		{name: "Docker", filename: "image.tar"},
		{name: "Generic", filename: "a.bin", fields: m{"filepath": "some/dir/a.bin"}},
		{name: "Go", filename: "v1.2.0.zip"},
		{name: "Helm", filename: "tool-1.2.tgz", files: m{"provenance_file": "tool-1.2.tgz.prov"}},
		{name: "Hex", filename: "tool-1.2.tar"},
		{name: "Huggingface", filename: "model-1.zip"},
		{name: "Luarocks", filename: "tool-1.2-1.src.rock"},
		{name: "Maven", filename: "tool-1.2.jar", extra: []string{"tool-1.2.asc", "tool-1.2.sbom"},
			fields: m{"group_id": "org.acme", "artifact_id": "tool", "version": "1.2", "packaging": "jar", "sbt_version": "1.0", "scala_version": "2.12"},
			files: m{"pom_file": "tool-1.2.pom", "sources_file": "tool-1.2-sources.jar", "javadoc_file": "tool-1.2-javadoc.jar",
				"tests_file": "tool-1.2-tests.jar", "ivy_file": "ivy.xml"}},
		{name: "Npm", filename: "tool-1.2.0.tgz", fields: m{"npm_dist_tag": "next"}},
		{name: "Nuget", filename: "Tool.1.2.0.nupkg", files: m{"symbols_file": "Tool.1.2.0.snupkg"}},
		{name: "P2", filename: "site-1.2.zip"},
		{name: "Python", filename: "tool-1.2-py3-none-any.whl"},
		{name: "Raw", filename: "a.txt", fields: m{"name": "some name", "version": "1", "summary": "s", "description": "d", "content_type": "text/plain"}},
		{name: "Rpm", filename: "tool-1.2-1.x86_64.rpm", fields: m{"distribution": "el/9"}},
		{name: "Ruby", filename: "tool-1.2.gem"},
		{name: "Swift", filename: "tool-1.2.zip", fields: m{"name": "tool", "scope": "acme", "version": "1.2", "author_name": "A", "author_org": "B",
			"license_url": "https://example.com/l", "readme_url": "https://example.com/r", "repository_url": "https://example.com/s"}},
		{name: "Terraform", filename: "module-1.2.tar.gz"},
		{name: "Vagrant", filename: "tool.box", fields: m{"name": "tool", "provider": "virtualbox", "version": "1.2"}},
	}
}

// call calls a method of the client's packages by name, with the request in
// JSON: PackagesUploadX(ctx, owner, repo).Data(XPackageUploadRequest).Execute().
func (l *lab) call(method, in string) (any, *http.Response, error) {
	l.t.Helper()
	start := reflect.ValueOf(l.client.PackagesApi).MethodByName(method)
	request := start.Call([]reflect.Value{reflect.ValueOf(l.ctx), reflect.ValueOf(owner), reflect.ValueOf(repo)})[0]
	setData := request.MethodByName("Data")
	data := reflect.New(setData.Type().In(0))
	l.ok(json.Unmarshal([]byte(in), data.Interface()))
	out := setData.Call([]reflect.Value{data.Elem()})[0].MethodByName("Execute").Call(nil)
	err, _ := out[len(out)-1].Interface().(error)
	resp, _ := out[len(out)-2].Interface().(*http.Response)
	return out[0].Interface(), resp, err
}

// request makes the JSON of u; store turns the name of a file into what stands
// for it.
func (u upload) request(t *testing.T, store func(filename string) string) string {
	t.Helper()
	in := map[string]any{"package_file": store(u.filename), "tags": "one,two", "republish": false}
	for name, value := range u.fields {
		in[name] = value
	}
	for name, filename := range u.files {
		in[name] = store(filename)
	}
	var extra []string
	for _, filename := range u.extra {
		extra = append(extra, store(filename))
	}
	if extra != nil {
		in["extra_files"] = extra
	}
	data, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// made is what every create call answers with.
type made interface {
	GetSlugPerm() string
	GetFilename() string
	GetFormat() string
	GetIsSyncCompleted() bool
}

func TestFormats(t *testing.T) {
	l := newLab(t, emulator.Options{})
	for _, u := range uploads() {
		t.Run(u.name, func(t *testing.T) {
			l := l.at(t)
			_, resp, err := l.call("PackagesValidateUpload"+u.name, u.request(t, func(filename string) string { return "/local/" + filename }))
			l.status(resp, err, 204)
			content := func(filename string) string { return "the bytes of " + u.name + " " + filename }
			out, resp, err := l.call("PackagesUpload"+u.name, u.request(t, func(filename string) string { return l.put(filename, content(filename)) }))
			l.status(resp, err, 201)
			p := out.(made)
			same(t, "filename", p.GetFilename(), u.filename)
			same(t, "completed", p.GetIsSyncCompleted(), true)

			read, _, err := l.client.PackagesApi.PackagesRead(l.ctx, owner, repo, p.GetSlugPerm()).Execute()
			l.ok(err)
			same(t, "format", read.GetFormat(), p.GetFormat())
			same(t, "tags", fmt.Sprint(read.GetTags()), "map[info:[one two]]")
			want := map[string]string{u.filename: content(u.filename)}
			for _, filename := range u.files {
				want[filename] = content(filename)
			}
			for _, filename := range u.extra {
				want[filename] = content(filename)
			}
			got := map[string]string{}
			for _, f := range read.GetFiles() {
				got[f.GetFilename()] = f.GetChecksumSha256()
			}
			for filename, text := range want {
				want[filename] = sha256Hex(text)
			}
			if u.name == "Rpm" {
				// The service signs RPMs, so that the bytes are not ours.
				if got[u.filename] == want[u.filename] {
					t.Error("the package has not been signed")
				}
				return
			}
			if !maps.Equal(got, want) {
				t.Errorf("files %v, want %v", got, want)
			}
		})
	}
}
