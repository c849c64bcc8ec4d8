package topology

import (
	"fmt"
	"strings"
)

// DOT draws the plan for Graphviz. Stages are boxes, topics are cylinders with
// the facts that every envelope on them carries.
func DOT(p *Plan) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("digraph longshore {")
	line("  rankdir=LR;")
	line("  node [fontname=\"sans-serif\"];")
	for _, n := range p.Nodes {
		line("  \"topic %s\" [shape=cylinder, label=\"%s\\n%s\"];", n.In, n.In, strings.ReplaceAll(join(n.Facts, ", "), `"`, `\"`))
		line("  \"stage %s\" [shape=box, style=rounded, label=\"%s\"];", n.Stage.Name, n.Stage.Name)
	}
	for _, n := range p.Nodes {
		line("  \"topic %s\" -> \"stage %s\";", n.In, n.Stage.Name)
	}
	for _, e := range p.edges() {
		label := ""
		if e.port != "" {
			label = fmt.Sprintf(" [label=\"%s\"]", e.port)
		}
		line("  \"stage %s\" -> \"topic %s\"%s;", e.from, e.topic, label)
	}
	for _, name := range p.recorded() {
		line("  \"stage %s\" -> \"topic %s\" [style=dotted];", name, p.Audit)
	}
	line("}")
	return b.String()
}

func join[S ~string](words []S, sep string) string {
	plain := make([]string, len(words))
	for i, w := range words {
		plain[i] = string(w)
	}
	return strings.Join(plain, sep)
}
