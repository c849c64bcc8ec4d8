package topology

import (
	"fmt"
	"slices"

	"github.com/longshore/longshore/stages/stage"
)

// wire sorts out the sound arrows and notes who reads what.
func (c *compiler) wire() {
	c.reader, c.reads = map[string]string{}, map[string]string{}
	drawn := map[Arrow]wired{}
	for i, a := range c.g.Arrows {
		w := wired{a, i + 1}
		bare := a
		bare.Line = 0
		if first, twice := drawn[bare]; twice {
			c.atf(w, "remove one of them", "arrow %s was drawn before (%s)", a, first.place())
			continue
		}
		drawn[bare] = w
		known := c.known(w, a.From)
		if a.To != a.From {
			known = c.known(w, a.To) && known
		}
		if !known || !c.knownPort(w) {
			c.excuse(a)
			continue
		}
		c.arrows = append(c.arrows, w)
		c.mention(w)
	}
}

// excuse notes what a misspelt arrow was probably about, so that the slip is
// not reported a second time as something missing.
func (c *compiler) excuse(a Arrow) {
	for _, name := range []string{a.From, a.To} {
		c.excused[name] = true
		c.excused[nearest(name, c.names)] = true
	}
	c.excusedTopics[a.Topic] = true
}

func (c *compiler) known(w wired, name string) bool {
	if _, ok := c.specs[name]; ok {
		return true
	}
	c.atf(w, didYouMean(name, c.names), "unknown stage %q", name)
	return false
}

func (c *compiler) knownPort(w wired) bool {
	spec := c.specs[w.From]
	switch {
	case w.Port == "" && spec.Sink:
		c.atf(w, "draw nothing from it", "stage %s is a sink and has no main output", w.From)
	case w.Port != "" && !slices.Contains(spec.Ports, w.Port):
		next := "it has the main output only"
		if len(spec.Ports) > 0 {
			next = didYouMean(w.Port, spec.Ports)
		}
		c.atf(w, next, "stage %s has no port %q", w.From, w.Port)
	default:
		return true
	}
	return false
}

// mention records the stages, the topic and the reader that w names.
func (c *compiler) mention(w wired) {
	for _, s := range []string{w.From, w.To} {
		if _, ok := c.index[s]; !ok {
			c.index[s] = len(c.index)
		}
	}
	if !slices.Contains(c.topics, w.Topic) {
		c.topics = append(c.topics, w.Topic)
	}
	reads, busy := c.reads[w.To]
	reader, taken := c.reader[w.Topic]
	if busy && reads != w.Topic {
		c.atf(w, fmt.Sprintf("let %s lead to %s, or split the stage in two", w.output(), reads),
			"stage %s already reads topic %s, a stage reads one topic", w.To, reads)
	}
	if taken && reader != w.To {
		c.atf(w, fmt.Sprintf("let %s hand on to %s: two readers would both finish the same artifact", reader, w.To),
			"topic %s is already read by stage %s", w.Topic, reader)
	}
	if !busy && !taken {
		c.reads[w.To], c.reader[w.Topic] = w.Topic, w.To
	}
}

// checkNames finds names that a graph made in Go may hold; Parse lets none
// through.
func (c *compiler) checkNames() {
	const next = "use lower case letters, digits and hyphens"
	for i, a := range c.g.Arrows {
		w := wired{a, i + 1}
		switch {
		case !namePattern.MatchString(a.Topic):
			c.atf(w, next, "topic name %q", a.Topic)
		case a.Topic == FailedTopic:
			c.atf(w, "choose another name", "topic %s is the one of dead letters", a.Topic)
		}
	}
}

// checkOutputs finds stages that are left out and outputs that lead nowhere or
// to two places.
func (c *compiler) checkOutputs() {
	for _, name := range c.names {
		if c.excused[name] {
			continue
		}
		if _, drawn := c.index[name]; !drawn {
			c.problemf(c.g.flowLine, "draw an arrow to it, or leave it out of the list of stages", "stage %s is not in the flow", name)
			continue
		}
		if _, ok := c.reads[name]; !ok {
			c.problemf(c.mentioned(name), "draw an arrow from the stage before it", "stage %s reads no topic", name)
		}
		for _, port := range outputs(c.specs[name]) {
			c.checkOutput(name, port)
		}
	}
}

func (c *compiler) checkOutput(name, port string) {
	var first *wired
	for _, w := range c.arrows {
		switch {
		case w.From != name || w.Port != port:
		case first == nil:
			first = &w
		case w.Topic != first.Topic:
			c.atf(w, "use a named port for the second way", "output %s already leads to topic %s (%s)", w.output(), first.Topic, first.place())
		}
	}
	if first == nil {
		c.problemf(c.mentioned(name), fmt.Sprintf("draw %s -> topic -> stage", outputName(name, port)), "output %s leads nowhere", outputName(name, port))
	}
}

// outputs of a stage: the main one as "", then the ports.
func outputs(s stage.Spec) []string {
	if s.Sink {
		return s.Ports
	}
	return append([]string{""}, s.Ports...)
}

// checkTopics finds topics that nobody writes, and names of topics that no
// arrow draws.
func (c *compiler) checkTopics() {
	switch {
	case c.g.Entry == "":
		c.problemf(c.g.entryLine, `write "entry: " and the topic where work begins`, "the entry is missing")
	case !slices.Contains(c.topics, c.g.Entry) && !c.excusedTopics[c.g.Entry]:
		c.problemf(c.g.entryLine, didYouMean(c.g.Entry, c.topics), "no stage reads the entry topic %q", c.g.Entry)
	}
	entryDrawn := slices.Contains(c.topics, c.g.Entry)
	for _, t := range c.topics {
		// A topic that starts nothing may be the one that the entry meant.
		fed := t == c.g.Entry || c.excusedTopics[t] || !entryDrawn
		for _, w := range c.arrows {
			fed = fed || w.Topic == t && !w.ownLoop()
		}
		if !fed {
			c.problemf(c.firstLine(t), "draw an arrow from another stage to it, or make it the entry", "topic %s is written by its own reader only", t)
		}
	}
	for _, s := range c.g.Topics {
		if !slices.Contains(c.topics, s.Topic) && !c.excusedTopics[s.Topic] {
			c.problemf(s.Line, didYouMean(s.Topic, c.topics), "settings for topic %q, which no arrow draws", s.Topic)
		}
		if s.Partitions < 0 || s.Partitions > maxPartitions {
			c.problemf(s.Line, fmt.Sprintf("use 1 to %d, or 0 for the strategy's", maxPartitions), "topic %s has %d partitions", s.Topic, s.Partitions)
		}
	}
}

// firstLine is where the topic was drawn first.
func (c *compiler) firstLine(topic string) int {
	return c.lineOf(func(w wired) bool { return w.Topic == topic })
}

// mentioned is where the stage was drawn first.
func (c *compiler) mentioned(name string) int {
	return c.lineOf(func(w wired) bool { return w.From == name || w.To == name })
}

func (c *compiler) lineOf(match func(wired) bool) int {
	if i := slices.IndexFunc(c.arrows, match); i >= 0 {
		return c.arrows[i].Line
	}
	return 0
}

// checkSinks finds the one sink, and the topic that it reads.
func (c *compiler) checkSinks() {
	var sinks []string
	for _, name := range c.names {
		if _, drawn := c.index[name]; drawn && c.specs[name].Sink {
			sinks = append(sinks, name)
		}
	}
	switch {
	case len(sinks) == 1:
		c.sink, c.audit = sinks[0], c.reads[sinks[0]]
	case len(sinks) == 0 && slices.ContainsFunc(c.names, func(n string) bool { return c.excused[n] && c.specs[n].Sink }):
		// misspelt, and reported as such
	case len(sinks) == 0:
		c.problemf(c.g.flowLine, "lead the last stage to one with Sink, such as audit", "the flow has no sink")
	default:
		c.problemf(c.g.flowLine, "keep one: it reads the record of every artifact", "the flow has %d sinks: %s", len(sinks), sentence(sinks))
	}
}
