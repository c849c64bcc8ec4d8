package topology

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// maxPartitions is far above what one stage can use and below what a slip of
// the finger would ask of a broker.
const maxPartitions = 1024

// Parse reads a drawing from YAML, strictly: an unknown key is a problem. It
// checks the writing only, Compile checks the flow. The error is Problems;
// name is the file's, for them.
//
//	entry: shards
//	flow:
//	  - enumerate.next -> shards -> enumerate
//	topics:
//	  found: {partitions: 12}
func Parse(name string, text []byte) (*Graph, error) {
	p := parser{g: &Graph{Name: name}}
	if root := p.document(text); root != nil {
		p.g.entryLine, p.g.flowLine = root.Line, root.Line
		p.mapping(root, "the drawing", map[string]func(*yaml.Node){
			"entry":  p.entry,
			"flow":   p.flow,
			"topics": p.topics,
		})
	}
	if err := p.problems.err(); err != nil {
		return nil, err
	}
	return p.g, nil
}

// parser walks the nodes by hand, since a decoder into structs gives up lines.
type parser struct {
	g        *Graph
	problems Problems
}

func (p *parser) problemf(line int, next, format string, args ...any) {
	p.problems = append(p.problems, Problem{File: p.g.Name, Line: line, What: fmt.Sprintf(format, args...), Next: next})
}

// document returns the root of the only document in text.
func (p *parser) document(text []byte) *yaml.Node {
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		p.syntax(err)
		return nil
	}
	var doc yaml.Node
	switch err := loader.Load(&doc); {
	case errors.Is(err, io.EOF):
		p.problemf(0, `write "entry:" and "flow:"`, "the drawing is empty")
		return nil
	case err != nil:
		p.syntax(err)
		return nil
	}
	var second yaml.Node
	switch err := loader.Load(&second); {
	case err == nil:
		p.problemf(second.Line, "remove the second one", "a drawing is one document")
	case !errors.Is(err, io.EOF):
		p.syntax(err)
	}
	if len(doc.Content) != 1 {
		return nil
	}
	return doc.Content[0]
}

func (p *parser) syntax(err error) {
	if at, ok := errors.AsType[*yaml.LoadError](err); ok {
		p.problemf(at.Mark.Line, "", "not YAML: %s", at.Message)
		return
	}
	p.problemf(0, "", "not YAML: %v", err)
}

// mapping hands each value of n to the reader of its key.
func (p *parser) mapping(n *yaml.Node, what string, readers map[string]func(*yaml.Node)) {
	if !p.is(n, yaml.MappingNode, what, "keys and values") {
		return
	}
	known := make([]string, 0, len(readers))
	for k := range readers {
		known = append(known, k)
	}
	slices.Sort(known)
	p.pairs(n, func(key string, k, v *yaml.Node) {
		if read, ok := readers[key]; ok {
			read(v)
			return
		}
		p.problemf(k.Line, didYouMean(key, known), "unknown key %q", key)
	})
}

// pairs calls f for each distinct key of a mapping node.
func (p *parser) pairs(n *yaml.Node, f func(key string, k, v *yaml.Node)) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if !p.is(k, yaml.ScalarNode, "a key", "a word") {
			continue
		}
		if first, ok := seen[k.Value]; ok {
			p.problemf(k.Line, fmt.Sprintf("merge it with line %d", first), "key %q is there twice", k.Value)
			continue
		}
		seen[k.Value] = k.Line
		f(k.Value, k, v)
	}
}

func (p *parser) entry(n *yaml.Node) {
	if p.is(n, yaml.ScalarNode, "entry", "the name of a topic") {
		p.g.Entry, p.g.entryLine = n.Value, n.Line
	}
}

func (p *parser) flow(n *yaml.Node) {
	if !p.is(n, yaml.SequenceNode, "flow", "a list of arrows") {
		return
	}
	p.g.flowLine = n.Line
	for _, item := range n.Content {
		if !p.is(item, yaml.ScalarNode, "an arrow", "stage -> topic -> stage") {
			continue
		}
		a, err := ParseArrow(item.Value)
		if err != nil {
			p.problemf(item.Line, "", "%v", err)
			continue
		}
		a.Line = item.Line
		p.g.Arrows = append(p.g.Arrows, a)
	}
}

func (p *parser) topics(n *yaml.Node) {
	if !p.is(n, yaml.MappingNode, "topics", "topic names with their settings") {
		return
	}
	p.pairs(n, func(topic string, k, v *yaml.Node) {
		s := Setting{Topic: topic, Line: k.Line}
		p.mapping(v, "topic "+topic, map[string]func(*yaml.Node){
			"partitions": func(n *yaml.Node) { s.Partitions = p.partitions(topic, n) },
		})
		p.g.Topics = append(p.g.Topics, s)
	})
}

func (p *parser) partitions(topic string, n *yaml.Node) int {
	v, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || v < 1 || v > maxPartitions {
		p.problemf(n.Line, fmt.Sprintf("write one from 1 to %d, or leave it out", maxPartitions), "partitions of topic %s are no such number", topic)
		return 0
	}
	return v
}

// is reports a node of another kind than the one that what must have. Aliases
// are refused with it: a drawing is too short to need them.
func (p *parser) is(n *yaml.Node, kind yaml.Kind, what, want string) bool {
	if n.Kind == kind && n.ShortTag() != "!!null" {
		return true
	}
	p.problemf(n.Line, "write "+want, "%s is not of the right kind", what)
	return false
}
