package topology

import "fmt"

// Format is a way to draw a plan. All of them are deterministic, so that
// drawings can be compared with the ones in documents.
type Format string

// The formats: for a terminal, for Markdown, for Graphviz and for programs.
const (
	FormatText    Format = "text"
	FormatMermaid Format = "mermaid"
	FormatDOT     Format = "dot"
	FormatJSON    Format = "json"
)

// Formats lists every Format.
func Formats() []Format { return []Format{FormatText, FormatMermaid, FormatDOT, FormatJSON} }

// Draw draws the plan in the given format, with a newline at the end.
func Draw(p *Plan, f Format) (string, error) {
	switch f {
	case FormatText:
		return Text(p), nil
	case FormatMermaid:
		return Mermaid(p), nil
	case FormatDOT:
		return DOT(p), nil
	case FormatJSON:
		return JSON(p), nil
	}
	return "", fmt.Errorf("unknown format %q: use %s", f, sentence(Formats()))
}

// edge is one arrow of a plan.
type edge struct {
	from, port, topic, to string
}

// edges lists the arrows of the plan in flow order: of each stage the main
// output first, then the ports as the stage lists them.
func (p *Plan) edges() []edge {
	reader := map[string]string{}
	for _, n := range p.Nodes {
		reader[n.In] = n.Stage.Name
	}
	var all []edge
	for _, n := range p.Nodes {
		for _, port := range outputs(n.Stage) {
			all = append(all, edge{n.Stage.Name, port, n.Out[port], reader[n.Out[port]]})
		}
	}
	return all
}

// recorded lists the stages that the engine's transitions lead to the sink
// from without an arrow of their own.
func (p *Plan) recorded() []string {
	var names []string
	for _, n := range p.Nodes {
		drawn := n.In == p.Audit
		for _, t := range n.Out {
			drawn = drawn || t == p.Audit
		}
		if !drawn {
			names = append(names, n.Stage.Name)
		}
	}
	return names
}

// sinkName is the stage that reads the audit topic.
func (p *Plan) sinkName() string {
	for _, n := range p.Nodes {
		if n.In == p.Audit {
			return n.Stage.Name
		}
	}
	return ""
}
