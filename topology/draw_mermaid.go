package topology

import (
	"fmt"
	"strings"
)

// Mermaid draws the plan for Markdown: boxes are stages, arrows are topics,
// dotted lines the transitions that the engine records.
func Mermaid(p *Plan) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("flowchart LR")
	line("  entry((start)) -->|%s| %s", p.Entry, mermaidID(p.Nodes[0].Stage.Name))
	for _, n := range p.Nodes {
		shape := `["%s"]`
		if n.Stage.Sink {
			shape = `[("%s")]`
		}
		line("  %s"+shape, mermaidID(n.Stage.Name), n.Stage.Name)
	}
	for _, e := range p.edges() {
		label := e.topic
		if e.port != "" {
			label = e.port + ": " + e.topic
		}
		line("  %s -->|%s| %s", mermaidID(e.from), label, mermaidID(e.to))
	}
	for _, name := range p.recorded() {
		line("  %s -.-> %s", mermaidID(name), mermaidID(p.sinkName()))
	}
	return b.String()
}

// mermaidID makes an identifier of a stage's name. The prefix keeps clear of
// Mermaid's own words, such as "end".
func mermaidID(stageName string) string {
	return "stage_" + strings.ReplaceAll(stageName, "-", "_")
}
