//go:build conformance

package cli

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

// everyFormat is one push of each format that the client knows.
func everyFormat() []push {
	return []push{
		{name: "P01", format: "alpine", args: "O/alpine/v3.20 conf-hello-1.0-r0.apk", files: []string{"conf-hello-1.0-r0.apk"}, body: `{"distribution":"alpine/v3.20"}`},
		{name: "P02", format: "cargo", args: "O conf-crate-0.1.0.crate", files: []string{"conf-crate-0.1.0.crate"}},
		{name: "P03", format: "cocoapods", args: "O ConfPod-1.0.0.tar.gz", files: []string{"ConfPod-1.0.0.tar.gz"}},
		{name: "P04", format: "composer", args: "O conf-composer-1.0.0.zip --version 1.0.0", files: []string{"conf-composer-1.0.0.zip"}, body: `{"version":"1.0.0"}`},
		{
			name: "P05", format: "conan", args: "O conan_package.tgz --info-file conaninfo.txt --manifest-file conanmanifest.txt --metadata-file conanfile.py " +
				"--name conf --version 1.0 --conan-prefix acme --conan-channel stable",
			files: []string{"conaninfo.txt", "conanmanifest.txt", "conanfile.py", "conan_package.tgz"},
			body: `{"info_file":"<conaninfo.txt>","manifest_file":"<conanmanifest.txt>","metadata_file":"<conanfile.py>",
				"name":"conf","version":"1.0","conan_prefix":"acme","conan_channel":"stable"}`,
		},
		{name: "P06", format: "conda", args: "O conf-1.0-0.tar.bz2", files: []string{"conf-1.0-0.tar.bz2"}},
		{name: "P07", format: "cran", args: "O conf_1.0.tar.gz --r-version 4.3 --architecture arm64", files: []string{"conf_1.0.tar.gz"}, body: `{"r_version":"4.3","architecture":"arm64"}`},
		{name: "P08", format: "dart", args: "O dart/conf-1.0.0.tar.gz", files: []string{"dart/conf-1.0.0.tar.gz"}},
		{name: "P09", format: "deb", args: "O/debian/bookworm conf-hello_2.10-3_amd64.deb", files: []string{"conf-hello_2.10-3_amd64.deb"}, body: `{"distribution":"debian/bookworm"}`},
		{name: "P10", format: "docker", args: "O hello-1.0.tar", files: []string{"hello-1.0.tar"}},
		{name: "P11", format: "generic", args: "O hello.txt --filepath 'a/b c/hello é.txt'", files: []string{"hello.txt"}, body: `{"filepath":"a/b c/hello é.txt"}`},
		{name: "P12", format: "go", args: "O v1.5.2.zip", files: []string{"v1.5.2.zip"}},
		{
			name: "P13", format: "helm", args: "O conf-0.1.0.tgz --provenance-file conf-0.1.0.tgz.prov",
			files: []string{"conf-0.1.0.tgz.prov", "conf-0.1.0.tgz"}, body: `{"provenance_file":"<conf-0.1.0.tgz.prov>"}`,
		},
		{name: "P14", format: "hex", args: "O hex/conf-1.0.0.tar", files: []string{"hex/conf-1.0.0.tar"}},
		{name: "P15", format: "huggingface", args: "O conf-model.zip", files: []string{"conf-model.zip"}},
		{name: "P16", format: "luarocks", args: "O conf-1.0-1.src.rock", files: []string{"conf-1.0-1.src.rock"}},
		{
			name: "P17", format: "maven", args: "O conf-java-2.15.1.jar --pom-file conf-java-2.15.1.pom --sources-file conf-java-2.15.1-sources.jar",
			files: []string{"conf-java-2.15.1.pom", "conf-java-2.15.1-sources.jar", "conf-java-2.15.1.jar"},
			body:  `{"pom_file":"<conf-java-2.15.1.pom>","sources_file":"<conf-java-2.15.1-sources.jar>","extra_files":[]}`,
		},
		{name: "P18", format: "mcp", args: "O conf-mcp-1.0.0.zip --version 1.0.0", files: []string{"conf-mcp-1.0.0.zip"}, body: `{"version":"1.0.0"}`},
		{
			name: "P19", format: "nix", args: "O conf.nar.xz --narinfo-file conf.narinfo",
			files: []string{"conf.narinfo", "conf.nar.xz"}, body: `{"narinfo_file":"<conf.narinfo>"}`,
		},
		{name: "P20", format: "npm", args: "O conf-npm-1.3.0.tgz", files: []string{"conf-npm-1.3.0.tgz"}},
		{
			name: "P21", format: "nuget", args: "O Acme.Conf.1.0.0.nupkg --symbols-file Acme.Conf.1.0.0.snupkg",
			files: []string{"Acme.Conf.1.0.0.snupkg", "Acme.Conf.1.0.0.nupkg"}, body: `{"symbols_file":"<Acme.Conf.1.0.0.snupkg>"}`,
		},
		{name: "P22", format: "p2", args: "O conf-p2-1.0.0.zip", files: []string{"conf-p2-1.0.0.zip"}},
		{name: "P23", format: "python", args: "O conf_hello-1.0.0-py3-none-any.whl", files: []string{"conf_hello-1.0.0-py3-none-any.whl"}},
		{name: "P24", format: "raw", args: "O hello.txt", files: []string{"hello.txt"}},
		{name: "P25", format: "rpm", args: "O/el/9 conf-hello-1.0-1.noarch.rpm", files: []string{"conf-hello-1.0-1.noarch.rpm"}, body: `{"distribution":"el/9"}`, signed: true},
		{name: "P26", format: "ruby", args: "O conf-1.0.0.gem", files: []string{"conf-1.0.0.gem"}},
		{name: "P27", format: "skills", args: "O conf-skill-1.0.0.zip --name conf --version 1.0.0", files: []string{"conf-skill-1.0.0.zip"}, body: `{"name":"conf","version":"1.0.0"}`},
		{
			name: "P28", format: "swift", args: "O conf-swift-1.0.0.zip --name conf --scope acme --version 1.0.0",
			files: []string{"conf-swift-1.0.0.zip"}, body: `{"name":"conf","scope":"acme","version":"1.0.0"}`,
		},
		{name: "P29", format: "terraform", args: "O conf-module-1.0.0.tar.gz", files: []string{"conf-module-1.0.0.tar.gz"}},
		{
			name: "P30", format: "vagrant", args: "O conf.box --name conf --provider virtualbox --version 1.0.0",
			files: []string{"conf.box"}, body: `{"name":"conf","provider":"virtualbox","version":"1.0.0"}`,
		},
		{name: "P31", format: "vsx", args: "O conf-vsx-1.0.0.vsix", files: []string{"conf-vsx-1.0.0.vsix"}},
	}
}

// TestPush pushes a real file of every format.
func TestPush(t *testing.T) {
	for _, p := range everyFormat() {
		t.Run(p.name+" "+p.format, func(t *testing.T) {
			t.Parallel()
			p.args += " -W"
			p.run(newRig(t, emulator.Options{}))
		})
	}
}

// TestPushKnowsTheseFormats fails for a client that has learnt another one.
func TestPushKnowsTheseFormats(t *testing.T) {
	t.Parallel()
	r := newRig(t, emulator.Options{})
	help := r.cloudsmith("push --help").exits(0).sends(0).stdout
	_, help, _ = strings.Cut(help, "\nCommands:")
	var got, want []string
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z0-9]+)\s`).FindAllStringSubmatch(help, -1) {
		got = append(got, m[1])
	}
	for _, p := range everyFormat() {
		want = append(want, p.format)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("push knows %v, want %v", got, want)
	}
}
