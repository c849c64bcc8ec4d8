package topology

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/longshore/longshore/stages/stage"
)

// The text drawing has three columns and fits a narrow terminal.
const (
	textWidth  = 100
	textColumn = 34
)

// Text draws the plan for a terminal, top to bottom in flow order: topics with
// the facts on them, stages with what they do.
func Text(p *Plan) string {
	d := textDrawing{p: p}
	above := "" // topic that the stage above leads to by its main output
	for i, n := range p.Nodes {
		if above != n.In {
			if i > 0 {
				d.line("", "")
			}
			d.line("  ○", "")
		}
		d.topic(p.Topics[i], n.Facts)
		d.line("  ▼", "")
		d.line(n.Stage.Name, n.Stage.Doc)
		d.outputs(i, n)
		above = n.Out[""]
	}
	return d.b.String()
}

type textDrawing struct {
	p *Plan
	b strings.Builder
}

func (d *textDrawing) topic(t Topic, facts []stage.Fact) {
	note := join(facts, ", ")
	if t.Name == d.p.Audit {
		note = "what every stage did, written by the engine"
	}
	if t.Name == d.p.Restart {
		note += " (restarts begin here)"
	}
	name := "  │ " + t.Name
	if t.Partitions > 0 {
		name += fmt.Sprintf(" (partitions: %d)", t.Partitions)
	}
	d.line(name, note)
}

// outputs draws the outputs of the i-th stage that do not simply lead down.
func (d *textDrawing) outputs(i int, n Node) {
	down := i+1 < len(d.p.Nodes) && n.Out[""] == d.p.Nodes[i+1].In
	side := slices.DeleteFunc(outputs(n.Stage), func(port string) bool { return port == "" && down })
	for k, port := range side {
		branch := "├─"
		if k == len(side)-1 && !down {
			branch = "└─"
		}
		if port != "" {
			branch += " " + port + " ─"
		}
		note := ""
		if n.Out[port] == n.In {
			note = "its own topic: where to go on"
		}
		d.line("  "+branch+"▶ "+n.Out[port], note)
	}
}

// line writes a line of two columns, cut to the width.
func (d *textDrawing) line(left, right string) {
	text := left
	if right != "" {
		text += strings.Repeat(" ", max(2, textColumn-utf8.RuneCountInString(left))) + right
	}
	if runes := []rune(text); len(runes) > textWidth {
		text = string(runes[:textWidth-1]) + "…"
	}
	d.b.WriteString(text + "\n")
}
