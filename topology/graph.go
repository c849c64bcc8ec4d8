package topology

import (
	"fmt"
	"regexp"
	"strings"
)

// Graph is a drawing of the flow that nobody has checked yet. Parse reads one
// from YAML; a literal in Go is as good.
type Graph struct {
	// Name is what problems are reported under: the file's name.
	Name string
	// Entry is the topic where work begins.
	Entry string
	// Arrows in the order in which they were drawn.
	Arrows []Arrow
	// Topics holds the settings of single topics; most have none.
	Topics []Setting

	// Lines of "entry:" and "flow:", for problems of the whole.
	entryLine, flowLine int
}

// Arrow leads from an output of a stage over a topic to the stage that reads
// it: "enumerate.next -> shards -> enumerate".
type Arrow struct {
	From string
	// Port is the output of From; empty for the main one.
	Port  string
	Topic string
	To    string
	// Line is where the arrow was drawn; 0 for a graph made in Go, whose
	// problems are reported by the number of the arrow instead.
	Line int
}

// Setting overrides what the strategy chooses for one topic.
type Setting struct {
	Topic string
	// Partitions is how many messages are in flight at most; 0 leaves it to
	// the strategy.
	Partitions int
	Line       int
}

// String draws the arrow as ParseArrow reads it.
func (a Arrow) String() string { return a.output() + " -> " + a.Topic + " -> " + a.To }

// output is the arrow's origin: "enumerate.next", or "enumerate".
func (a Arrow) output() string { return outputName(a.From, a.Port) }

func outputName(stageName, port string) string {
	if port == "" {
		return stageName
	}
	return stageName + "." + port
}

// Names are the same for stages, ports and topics, so that a full topic name
// holds dots and hyphens only (see Names).
var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

// ParseArrow reads "stage -> topic -> stage" or "stage.port -> topic -> stage".
func ParseArrow(text string) (Arrow, error) {
	parts := strings.Split(text, "->")
	if len(parts) != 3 {
		return Arrow{}, fmt.Errorf("arrow %q: write it as stage -> topic -> stage, or stage.port -> topic -> stage", text)
	}
	for i, p := range parts {
		parts[i] = strings.TrimSpace(p)
	}
	from, port, hasPort := strings.Cut(parts[0], ".")
	if hasPort && port == "" {
		return Arrow{}, fmt.Errorf("arrow %q: name the port after the dot, or leave the dot out for the main output", text)
	}
	a := Arrow{From: from, Port: port, Topic: parts[1], To: parts[2]}
	for _, n := range []struct{ what, name string }{
		{"stage", a.From}, {"port", a.Port}, {"topic", a.Topic}, {"stage", a.To},
	} {
		if n.name == "" && n.what == "port" {
			continue
		}
		if !namePattern.MatchString(n.name) {
			return Arrow{}, fmt.Errorf("arrow %q: %s name %q: use lower case letters, digits and hyphens", text, n.what, n.name)
		}
	}
	return a, nil
}
