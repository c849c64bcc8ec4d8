// Package topology turns a drawing of the flow into a checked Plan. The
// drawing is a list of arrows, in YAML or in Go; the Plan is what the engine
// runs, what topics are made from and what the diagrams show.
package topology

import "github.com/longshore/longshore/stages/stage"

// Plan is a checked topology. Topic names in it are the short ones ("found");
// Names makes the full ones.
type Plan struct {
	// Entry is the topic where work begins.
	Entry string
	// Audit is the topic to which the engine writes the transition of every
	// delivery and every closed envelope: the one that the sink reads.
	Audit string
	// Restart is the topic that leads to the stage which adds stage.FactClaim:
	// artifacts whose bytes must be fetched again go there. RestartKeeps are
	// the facts that they keep. Empty where no stage adds that fact.
	Restart      string
	RestartKeeps []stage.Fact
	// Nodes in flow order.
	Nodes []Node
	// Topics in flow order, without delay topics and the failed topic.
	Topics []Topic
}

// Node is a stage at its place in the flow.
type Node struct {
	Stage stage.Spec
	// In is the one topic that the stage reads.
	In string
	// Out maps each output of the stage to its topic; the main output is "".
	Out map[string]string
	// Facts are what every envelope on In carries.
	Facts []stage.Fact
}

// Topic is a topic of the flow.
type Topic struct {
	Name string
	// Partitions is how many messages the reading stage has in flight over
	// all its workers; 0 leaves the number to the strategy.
	Partitions int
}

// Node returns the node of the named stage.
func (p *Plan) Node(name string) (Node, bool) {
	for _, n := range p.Nodes {
		if n.Stage.Name == name {
			return n, true
		}
	}
	return Node{}, false
}
