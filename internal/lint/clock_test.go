package lint

import (
	"fmt"
	"go/ast"
	"slices"
	"testing"
)

// clocks are the places that may ask for the time themselves, with the reason.
// Everybody else takes a Now func() time.Time, which may default to time.Now.
func clocks() map[string]string {
	return map[string]string{
		"./cmd/pipeline/app":                    "people watch it: the clock on their wall is meant",
		"./internal/target/targettest":          "it waits for servers that run in real time",
		"./internal/bus/bustest":                "it waits for brokers that run in real time",
		"./internal/target/cloudsmith/emulator": "deadlines of connections are the kernel's time",
	}
}

// clockReads finds calls of time.Now and of what calls it. Naming time.Now as
// a default is no call.
func clockReads(tr tree, allowed map[string]string) []string {
	var found []string
	unused := map[string]bool{}
	for where := range allowed {
		unused[where] = true
	}
	for _, f := range tr.files {
		if f.nested || f.test {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !isClock(call.Fun) {
				return true
			}
			if _, ok := allowed[f.pkg()]; ok {
				delete(unused, f.pkg())
				return true
			}
			found = append(found, fmt.Sprintf("%s: takes the time by itself: take a Now func() time.Time, or add the package to the list with a reason", tr.fset.Position(n.Pos())))
			return true
		})
	}
	for where := range unused {
		found = append(found, where+" asks for the time no more: take it off the list")
	}
	slices.Sort(found)
	return found
}

func isClock(fun ast.Expr) bool {
	s, ok := fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := s.X.(*ast.Ident)
	return ok && pkg.Name == "time" && slices.Contains([]string{"Now", "Since", "Until"}, s.Sel.Name)
}

func TestTheTimeIsGivenNotTaken(t *testing.T) { report(t, clockReads(source(t), clocks())) }
