package topology

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Problem is one thing that is wrong with a graph.
type Problem struct {
	// File and Line are where it was drawn. Line is 0 where the whole graph,
	// or a graph made in Go, is meant.
	File string
	Line int
	// What is wrong, and what to do Next.
	What string
	Next string
}

func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		b.WriteString(":" + strconv.Itoa(p.Line))
	}
	b.WriteString(": " + p.What)
	if p.Next != "" {
		b.WriteString(": " + p.Next)
	}
	return b.String()
}

// Problems is the error of Parse and Compile: everything that is wrong, in the
// order of the lines, so that one edit can repair it all.
type Problems []Problem //nolint:errname // it is a list, and an error where it is returned

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// err is ps in order as an error, nil where there is none. Problems of the
// whole graph come last.
func (ps Problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	slices.SortStableFunc(ps, func(a, b Problem) int {
		if (a.Line == 0) != (b.Line == 0) {
			return cmp.Compare(b.Line, a.Line)
		}
		return cmp.Compare(a.Line, b.Line)
	})
	return slices.Compact(ps)
}
