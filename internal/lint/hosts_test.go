package lint

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"
)

// registryHosts are public package registries. The tools know where to fetch
// from by their own configuration, which many of our users change; a host in
// the tree would bypass it. They are written in two parts, since this file is
// in the tree, too.
func registryHosts() []string {
	return []string{
		"proxy." + "golang.org", "sum." + "golang.org",
		"registry." + "npmjs.org", "registry." + "yarnpkg.com",
		"pypi." + "org", "files." + "pythonhosted.org",
		"repo1." + "maven.org", "repo." + "maven.apache.org",
		"rubygems." + "org", "static." + "crates.io", "index." + "crates.io", "api." + "nuget.org",
		"registry-1." + "docker.io", "index." + "docker.io",
	}
}

func namedRegistries(tr tree) []string {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(tr.texts)) {
		for i, line := range bytes.Split(tr.texts[name], []byte("\n")) {
			for _, host := range registryHosts() {
				if bytes.Contains(line, []byte(host)) {
					found = append(found, fmt.Sprintf("%s:%d names %s: leave it to the tool's configuration", name, i+1, host))
				}
			}
		}
	}
	return found
}

func TestNoRegistryIsNamed(t *testing.T) { report(t, namedRegistries(source(t))) }
