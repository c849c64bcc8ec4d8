package lint

import (
	"fmt"
	"go/ast"
	"maps"
	"slices"
	"strings"
	"testing"
)

// maxLines is where a file has more than one thing in it; think again at 400.
const maxLines = 600

func largeFiles(tr tree) []string {
	var found []string
	for _, f := range tr.files {
		if f.lines > maxLines && !f.test && !f.generated() {
			found = append(found, fmt.Sprintf("%s has %d lines, more than %d: split it by the things in it", f.path, f.lines, maxLines))
		}
	}
	return found
}

func TestFilesStaySmall(t *testing.T) { report(t, largeFiles(source(t))) }

func initFunctions(tr tree) []string {
	var found []string
	for _, f := range tr.files {
		if f.generated() {
			continue
		}
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				found = append(found, fmt.Sprintf("%s: init runs behind the reader's back: make it a function that somebody calls", tr.fset.Position(fn.Pos())))
			}
		}
	}
	return found
}

func TestNothingHappensInInit(t *testing.T) { report(t, initFunctions(source(t))) }

func vagueNames(tr tree) []string {
	vague := []string{"util", "utils", "common", "helper", "helpers", "misc", "shared", "base", "lib"}
	var found []string
	for _, f := range tr.files {
		if name := strings.TrimSuffix(f.syntax.Name.Name, "_test"); slices.Contains(vague, name) {
			found = append(found, fmt.Sprintf("%s: package %s says nothing: name it for what it provides", f.path, name))
		}
	}
	return found
}

func TestPackagesAreNamedForWhatTheyProvide(t *testing.T) { report(t, vagueNames(source(t))) }

func silentPackages(tr tree) []string {
	commented := map[string]bool{}
	for _, f := range tr.files {
		if !f.test {
			doc := f.syntax.Doc.Text()
			commented[f.pkg()] = commented[f.pkg()] || doc != ""
		}
	}
	var found []string
	for _, pkg := range slices.Sorted(maps.Keys(commented)) {
		if !commented[pkg] {
			found = append(found, pkg+" has no package comment: state its purpose and what always holds")
		}
	}
	return found
}

func TestPackagesSayWhatTheyAreFor(t *testing.T) { report(t, silentPackages(source(t))) }
