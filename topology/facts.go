package topology

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/longshore/longshore/stages/stage"
)

// spreadFacts finds what every envelope on each topic is sure to carry. It
// assumes the most and takes away until nothing changes, so that a loop, which
// is reported elsewhere, brings no second complaint here.
func (c *compiler) spreadFacts() {
	c.facts = map[string][]stage.Fact{}
	for changed := true; changed; {
		changed = false
		for _, t := range c.topics {
			facts, reached := c.meet(t)
			before, known := c.facts[t]
			if reached && (!known || len(facts) != len(before)) {
				c.facts[t], changed = facts, true
			}
		}
	}
}

// meet is what all writers of a topic agree on. reached is false while no
// writer is reached.
func (c *compiler) meet(topic string) (facts []stage.Fact, reached bool) {
	if topic == c.audit {
		// The engine writes here about every delivery of every stage, also
		// about messages that it could not read; the record of the delivery
		// is all that they share.
		return []stage.Fact{stage.FactTransition}, true
	}
	if topic == c.g.Entry {
		facts, reached = []stage.Fact{stage.FactShard}, true
	}
	defer func() { facts = union(facts, c.assumed[topic]) }()
	for _, w := range c.arrows {
		if w.Topic != topic {
			continue
		}
		carried, ok := c.carried(w)
		switch {
		case !ok:
		case !reached:
			facts, reached = carried, true
		default:
			facts = slices.DeleteFunc(facts, func(f stage.Fact) bool { return !slices.Contains(carried, f) })
		}
	}
	return facts, reached
}

// carried is what envelopes that leave by w carry: by the main output the
// facts of the input and those that the stage adds, by a port those of the
// input. A stage that adds the object begins a new artifact, which is no shard
// any more.
func (c *compiler) carried(w wired) (facts []stage.Fact, reached bool) {
	in, reached := c.facts[c.reads[w.From]]
	if w.Port != "" {
		return slices.Clone(in), reached
	}
	adds := c.specs[w.From].Adds
	facts = union(in, adds)
	if slices.Contains(adds, stage.FactObject) {
		facts = slices.DeleteFunc(facts, func(f stage.Fact) bool { return f == stage.FactShard })
	}
	return facts, reached
}

// union is a new list of all facts in their order.
func union(a, b []stage.Fact) []stage.Fact {
	all := slices.Concat(a, b)
	slices.SortFunc(all, compareFacts)
	return slices.Compact(all)
}

// compareFacts orders facts as an artifact gathers them, labels at the end.
func compareFacts(a, b stage.Fact) int {
	rank := func(f stage.Fact) int {
		order := []stage.Fact{
			stage.FactShard, stage.FactObject, stage.FactClaim, stage.FactDigests,
			stage.FactPackage, stage.FactVerdict, stage.FactTransition,
		}
		if i := slices.Index(order, f); i >= 0 {
			return i
		}
		return len(order)
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}

// checkFacts finds stages that miss a fact, artifacts that would reach the
// sink without a verdict, and restarts that nobody could route.
func (c *compiler) checkFacts() {
	for _, name := range c.stages() {
		topic := c.reads[name]
		facts, reached := c.facts[topic]
		if !reached {
			continue // reported as a topic without a writer
		}
		for _, need := range c.specs[name].Needs {
			if !slices.Contains(facts, need) {
				c.missing(name, topic, need)
				c.assumed[topic] = append(c.assumed[topic], need)
			}
		}
		c.spreadFacts()
	}
	for _, w := range c.arrows {
		c.checkEnd(w)
	}
	if fetchers := c.adding(stage.FactClaim); len(fetchers) > 1 {
		c.problemf(c.g.flowLine, "keep one: artifacts whose bytes are gone go back to it", "the claim is added by %s", sentence(fetchers))
	}
}

// missing explains why a stage would not get a fact, and who could add it.
func (c *compiler) missing(name, topic string, need stage.Fact) {
	what := fmt.Sprintf("stage %s needs %s, which topic %s does not carry", name, need, topic)
	if topic == c.audit {
		c.problemf(c.firstLine(topic), "let it need transition only", "%s: every stage's transitions are written there", what)
		return
	}
	if need == stage.FactTransition {
		if c.audit != "" {
			c.problemf(c.firstLine(topic), "the engine writes it, for the sink only", "%s", what)
		}
		return
	}
	with, without := c.writers(topic, need)
	if len(with) > 0 {
		what += fmt.Sprintf(" in all cases: %s brings it, %s does not", sentence(with), sentence(without))
	}
	c.problemf(c.firstLine(topic), c.supply(need), "%s", what)
}

// supply is the next step towards a fact that is missing.
func (c *compiler) supply(need stage.Fact) string {
	able := c.adding(need)
	switch {
	case len(able) > 0:
		return "lead the artifact through " + strings.ReplaceAll(sentence(able), " and ", " or ") + " first, to add it"
	case need == stage.FactShard:
		return "the entry brings it, and it ends where a stage adds object"
	default:
		return "no stage adds it, so write one that does"
	}
}

// writers splits the outputs that lead to a topic by whether they carry f.
func (c *compiler) writers(topic string, f stage.Fact) (with, without []string) {
	if topic == c.g.Entry {
		without = append(without, "the entry")
	}
	for _, w := range c.arrows {
		if w.Topic != topic || w.ownLoop() {
			continue
		}
		if carried, _ := c.carried(w); slices.Contains(carried, f) {
			with = append(with, w.output())
		} else {
			without = append(without, w.output())
		}
	}
	return with, without
}

// adding lists the given stages that add f.
func (c *compiler) adding(f stage.Fact) []string {
	var able []string
	for _, name := range c.names {
		if slices.Contains(c.specs[name].Adds, f) {
			able = append(able, name)
		}
	}
	return able
}

// checkEnd reports an arrow by which artifacts would end without a verdict, or
// one that closed artifacts would never take: the engine leads them to the
// sink.
func (c *compiler) checkEnd(w wired) {
	carried, reached := c.carried(w)
	if !reached || c.audit == "" {
		return
	}
	closed := slices.Contains(carried, stage.FactVerdict)
	switch {
	case w.Topic == c.audit && !closed:
		c.atf(w, "let a stage that adds it, such as verify, come before", "output %s leads to the sink without a verdict", w.output())
	case w.Topic != c.audit && closed:
		c.atf(w, fmt.Sprintf("draw %s -> %s -> %s", w.output(), c.audit, c.sink), "output %s carries a verdict, and closed artifacts go to the sink", w.output())
	}
}
