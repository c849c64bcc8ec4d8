//go:build conformance

package cli

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/longshore/longshore/conformance/cli/fixture"
	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

// withOptions is pushes that use what single formats offer.
func withOptions() []push {
	hello := []string{"hello.txt"}
	deb := []string{"conf-hello_2.10-3_amd64.deb"}
	return []push{
		{name: "P40 waits for the sync", format: "raw", args: "O hello.txt -I 0.1", files: hello, check: func(_ testing.TB, o outcome, _ map[string]any) {
			o.says("Package synchronised successfully in", "second(s)!")
		}},
		{
			name: "P41 all fields of raw", format: "raw",
			args:  "O d1/same.txt --name dir/one --version 1.0 --summary s --description d --content-type text/plain --tags a,b --republish -I 0.1",
			files: []string{"d1/same.txt"},
			body:  `{"name":"dir/one","version":"1.0","summary":"s","description":"d","content_type":"text/plain","tags":"a,b","republish":true}`,
			check: func(t testing.TB, _ outcome, p map[string]any) {
				wantFields(t, "package", p, map[string]any{"name": "dir/one", "version": "1.0", "summary": "s", "description": "d"})
				wantTags(t, p, "a", "b")
			},
		},
		{name: "P42 JSON output", format: "raw", args: "O d2/same.txt -F json -I 0.1", files: []string{"d2/same.txt"}, check: func(t testing.TB, o outcome, p map[string]any) {
			wantJSON(t, "output", o.json(), map[string]any{"data": map[string]any{"slug": p["slug"], "slug_perm": p["slug_perm"], "status": "OK"}})
		}},
		{name: "P43 no bytes", format: "raw", args: "O empty.bin -I 0.1", files: []string{"empty.bin"}},
		{name: "P44 letters beyond ASCII", format: "raw", args: "O '" + fixture.Unicode + "' -I 0.1", files: []string{fixture.Unicode}, check: func(t testing.TB, o outcome, p map[string]any) {
			wantFields(t, "package", p, map[string]any{"name": fixture.Unicode})
			if sent := o.find("api", "POST", "/files/")[0].body; !strings.Contains(string(sent), `n\u00e4me`) {
				t.Errorf("the name is not escaped in %s", sent)
			}
		}},
		{
			name: "P46 generic with a path", format: "generic", args: "O hello.txt --filepath 'a/b c/hello é.txt' -I 0.1",
			files: hello, body: `{"filepath":"a/b c/hello é.txt"}`,
			check: func(t testing.TB, _ outcome, p map[string]any) {
				if url, _ := p["cdn_url"].(string); !strings.HasSuffix(url, "/a/b%20c/hello%20%C3%A9.txt") {
					t.Errorf("cdn_url is %v", p["cdn_url"])
				}
			},
		},
		{name: "P47 no republish", format: "python", args: "O conf_hello-1.0.0-py3-none-any.whl --no-republish -I 0.1", files: []string{"conf_hello-1.0.0-py3-none-any.whl"}, body: `{"republish":false}`},
		{name: "conda in its newer form", format: "conda", args: "O conf-1.0-0.conda -W", files: []string{"conf-1.0-0.conda"}},
		{name: "nix without a narinfo", format: "nix", args: "O conf.nar.xz -W", files: []string{"conf.nar.xz"}},
		{name: "nuget without symbols", format: "nuget", args: "O Acme.Conf.1.0.0.nupkg -W", files: []string{"Acme.Conf.1.0.0.nupkg"}},
		{name: "maven of a POM alone", format: "maven", args: "O conf-java-2.15.1.pom -W", files: []string{"conf-java-2.15.1.pom"}, body: `{"extra_files":[]}`},
		{name: "P49 deb with a component", format: "deb", args: "O/any-distro/any-version " + deb[0] + " --component unstable -W", files: deb, body: `{"component":"unstable","distribution":"any-distro/any-version"}`},
		{
			name: "P50 deb from source", format: "deb", args: "O/debian/any-version conf-src_1.0-1.dsc -W",
			files: []string{"conf-src_1.0-1.debian.tar.xz", "conf-src_1.0.orig.tar.gz", "conf-src_1.0-1.dsc"},
			body:  `{"changes_file":"<conf-src_1.0-1.debian.tar.xz>","sources_file":"<conf-src_1.0.orig.tar.gz>","distribution":"debian/any-version"}`,
			check: func(_ testing.TB, o outcome, _ map[string]any) { o.sends(11) },
		},
		{
			name: "P51 deb with companions of one's own", format: "deb", args: "O/debian/any-version " + deb[0] + " --sources-file d1/same.txt --changes-file d2/same.txt -W",
			files: []string{"d2/same.txt", "d1/same.txt", deb[0]},
			body:  `{"changes_file":"<d2/same.txt>","sources_file":"<d1/same.txt>","distribution":"debian/any-version"}`,
		},
		{name: "P52 npm with a tag", format: "npm", args: "O conf-npm-1.3.0.tgz --npm-dist-tag beta -W", files: []string{"conf-npm-1.3.0.tgz"}, body: `{"npm_dist_tag":"beta"}`},
		{
			name: "P53 maven without a POM", format: "maven",
			args:  "O conf-java-2.15.1.jar --group-id com.acme --artifact-id conf-java --version 2.15.1 --packaging jar --extra-files hello.txt,d1/same.txt -W",
			files: []string{"hello.txt", "d1/same.txt", "conf-java-2.15.1.jar"},
			body: `{"group_id":"com.acme","artifact_id":"conf-java","version":"2.15.1","packaging":"jar",
				"extra_files":["<hello.txt>","<d1/same.txt>"]}`,
			check: func(_ testing.TB, o outcome, _ map[string]any) { o.sends(11) },
		},
		{
			name: "P53b maven with every companion", format: "maven",
			args: "O conf-java-2.15.1.jar --pom-file conf-java-2.15.1.pom --sources-file conf-java-2.15.1-sources.jar " +
				"--javadoc-file conf-java-2.15.1-javadoc.jar --tests-file conf-java-2.15.1-tests.jar --ivy-file ivy-2.15.1.xml -W",
			files: []string{
				"conf-java-2.15.1.pom", "conf-java-2.15.1-sources.jar", "conf-java-2.15.1-javadoc.jar", "conf-java-2.15.1-tests.jar",
				"ivy-2.15.1.xml", "conf-java-2.15.1.jar",
			},
			body: `{"pom_file":"<conf-java-2.15.1.pom>","sources_file":"<conf-java-2.15.1-sources.jar>","javadoc_file":"<conf-java-2.15.1-javadoc.jar>",
				"tests_file":"<conf-java-2.15.1-tests.jar>","ivy_file":"<ivy-2.15.1.xml>","extra_files":[]}`,
		},
		{name: "P54 helm without provenance", format: "helm", args: "O conf-0.1.0.tgz -W", files: []string{"conf-0.1.0.tgz"}},
		{name: "P55 raw with a name", format: "raw", args: "O hello.txt -W --name nowait", files: hello, body: `{"name":"nowait"}`, check: func(_ testing.TB, o outcome, _ map[string]any) { o.sends(5) }},
	}
}

func wantTags(t testing.TB, p map[string]any, want ...string) {
	t.Helper()
	groups, _ := p["tags"].(map[string]any)
	var got []string
	for _, tags := range groups {
		for _, tag := range tags.([]any) {
			got = append(got, tag.(string))
		}
	}
	slices.Sort(got)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("tags %v, want %v", p["tags"], want)
	}
}

func TestPushOptions(t *testing.T) {
	for _, p := range withOptions() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.run(newRig(t, emulator.Options{}))
		})
	}
}

func TestPushDryRun(t *testing.T) {
	t.Run("P45 sends nothing but questions", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{})
		r.cloudsmith("push raw O hello.txt -n").exits(0).sends(2).says("You requested a dry run so skipping upload.")
		r.cloudsmith("push raw O hello.txt -n -F json").exits(0).sends(2).says(`{"data": []}`)
		r.wantPackages(0)
	})
}

func TestPushPython(t *testing.T) {
	t.Run("P48 wheel and sdist are two packages", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{})
		for _, name := range []string{"conf_hello-1.0.0-py3-none-any.whl", "conf_hello-1.0.0.tar.gz"} {
			push{format: "python", args: "O " + name + " -W", files: []string{name}}.run(r)
		}
		for _, p := range r.wantPackages(2) {
			if p.Status != "Completed" {
				t.Errorf("%s is %s: %s", p.Filename, p.Status, p.StatusReason)
			}
		}
	})
}
