package lint

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/longshore/longshore"

// tree is the source as the rules see it.
type tree struct {
	fset  *token.FileSet
	files []goFile
	// texts are all files with text in them, by path.
	texts map[string][]byte
}

// goFile is one Go file of the product or of a nested module.
type goFile struct {
	path   string
	nested bool // belongs to a module of its own
	test   bool
	lines  int
	syntax *ast.File
}

// pkg is the file's folder as rules write it: "./internal/bus".
func (f goFile) pkg() string { return here(path.Dir(f.path)) }

func (f goFile) generated() bool { return ast.IsGenerated(f.syntax) }

// here is how rules write a folder of the tree.
func here(dir string) string {
	if dir == "." {
		return "."
	}
	return "./" + dir
}

// imports lists what the file imports, packages of the product as "./…".
func (f goFile) imports() []string {
	var all []string
	for _, i := range f.syntax.Imports {
		name, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			continue // the compiler refuses it
		}
		if rest, ours := strings.CutPrefix(name, module+"/"); ours {
			name = "./" + rest
		}
		all = append(all, name)
	}
	return all
}

// source is the checkout.
func source(t *testing.T) tree {
	t.Helper()
	tr, err := load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if len(tr.files) < 10 {
		t.Fatalf("only %d Go files found: the rules would hold for nothing", len(tr.files))
	}
	return tr
}

// load reads everything that belongs to the project in fsys.
func load(fsys fs.FS) (tree, error) {
	tr := tree{fset: token.NewFileSet(), texts: map[string][]byte{}}
	var nested []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipped(name):
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		if bytes.IndexByte(text, 0) < 0 {
			tr.texts[name] = text
		}
		if path.Base(name) == "go.mod" && name != "go.mod" {
			nested = append(nested, path.Dir(name)+"/")
		}
		if path.Ext(name) == ".go" && !strings.Contains(name, "testdata/") {
			return tr.add(name, text)
		}
		return nil
	})
	for i, f := range tr.files {
		tr.files[i].nested = slices.ContainsFunc(nested, func(dir string) bool { return strings.HasPrefix(f.path, dir) })
	}
	return tr, err
}

func (tr *tree) add(name string, text []byte) error {
	syntax, err := parser.ParseFile(tr.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	tr.files = append(tr.files, goFile{
		path: name, test: strings.HasSuffix(name, "_test.go"), lines: bytes.Count(text, []byte("\n")), syntax: syntax,
	})
	return nil
}

// skipped says which folders hold no source: builds, caches, version control.
func skipped(dir string) bool {
	base := path.Base(dir)
	hidden := strings.HasPrefix(base, ".") && base != "." && base != ".github" && base != ".ci"
	return hidden || dir == "bin" || dir == "dist" || base == "node_modules"
}

// report fails the test with every violation.
func report(t *testing.T, violations []string) {
	t.Helper()
	for _, v := range violations {
		t.Error(v)
	}
}
