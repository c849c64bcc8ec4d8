package topology

import (
	"fmt"
	"maps"
	"slices"

	"github.com/longshore/longshore/stages/stage"
)

// Compile checks the drawing against the stages that exist and returns the
// plan. Its error is Problems, everything at once. A plan promises:
//
//   - every stage reads one topic, every topic has one reader, and each output
//     of a stage leads to one topic;
//   - what enters the flow reaches the one sink: nothing loops, but for a
//     stage's named port to the stage's own topic (its checkpoint);
//   - every envelope on a topic carries the facts that the reader needs.
//
// Artifacts never split up: a second reader of a topic would close each of
// them a second time, and the sums of the ledger would not close (I2).
func Compile(g *Graph, specs []stage.Spec) (*Plan, error) {
	c := &compiler{
		g: g, specs: map[string]stage.Spec{}, index: map[string]int{},
		excused: map[string]bool{}, excusedTopics: map[string]bool{},
		assumed: map[string][]stage.Fact{},
	}
	c.checkSpecs(specs)
	if len(g.Arrows) == 0 {
		c.problemf(g.flowLine, `write "flow:" and a list of arrows`, "the flow is empty")
		return nil, c.problems.err()
	}
	c.checkNames()
	c.wire()
	c.checkOutputs()
	c.checkTopics()
	c.checkSinks()
	c.checkLoops()
	c.spreadFacts()
	c.checkFacts()
	if err := c.problems.err(); err != nil {
		return nil, err
	}
	return c.plan(), nil
}

// compiler holds the graph as it becomes clear. Each check reports what it
// finds and leaves the rest usable, so that the later ones can still speak.
type compiler struct {
	g        *Graph
	problems Problems

	// names lists the given stages in their order; specs finds them.
	names []string
	specs map[string]stage.Spec
	// arrows are the sound ones: known stages, known output, not drawn twice.
	arrows []wired
	// excused are stages and topics that other arrows mention.
	excused, excusedTopics map[string]bool
	// index is the place of a stage's first mention in the drawing.
	index map[string]int
	// topics in order of their first mention.
	topics []string
	// reader of a topic, and the topic that a stage reads.
	reader map[string]string
	reads  map[string]string
	// sink is the name of the only one, audit the topic that it reads.
	sink, audit string
	// facts of a topic; a topic that nothing reaches has no entry. Those
	// assumed were reported missing once, and need no second report behind.
	facts, assumed map[string][]stage.Fact
}

// wired is an arrow with its number for messages.
type wired struct {
	Arrow
	number int
}

// ownLoop says whether the arrow is the one loop that is allowed: from a named
// port to the topic that its own stage reads.
func (w wired) ownLoop() bool { return w.Port != "" && w.From == w.To }

func (c *compiler) problemf(line int, next, format string, args ...any) {
	c.problems = append(c.problems, Problem{File: c.g.Name, Line: line, What: fmt.Sprintf(format, args...), Next: next})
}

// atf reports a problem of an arrow, by number where the arrow has no line.
func (c *compiler) atf(w wired, next, format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	if w.Line == 0 {
		what = fmt.Sprintf("arrow %d: %s", w.number, what)
	}
	c.problemf(w.Line, next, "%s", what)
}

// place says where w was drawn, for messages that point to a second arrow.
func (w wired) place() string {
	if w.Line == 0 {
		return fmt.Sprintf("arrow %d", w.number)
	}
	return fmt.Sprintf("line %d", w.Line)
}

func (c *compiler) checkSpecs(specs []stage.Spec) {
	for _, s := range specs {
		if err := s.Validate(); err != nil {
			c.problemf(0, "", "%v", err)
		}
		if _, twice := c.specs[s.Name]; twice {
			c.problemf(0, "give one of them another name", "two stages are called %q", s.Name)
			continue
		}
		c.names = append(c.names, s.Name)
		c.specs[s.Name] = s
	}
}

// stages lists the stages of the sound arrows in order of their mention.
func (c *compiler) stages() []string {
	return slices.SortedFunc(maps.Keys(c.index), func(a, b string) int { return c.index[a] - c.index[b] })
}
