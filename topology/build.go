package topology

import "github.com/longshore/longshore/stages/stage"

// plan makes the plan of a graph without problems.
func (c *compiler) plan() *Plan {
	p := &Plan{Entry: c.g.Entry, Audit: c.audit}
	partitions := map[string]int{}
	for _, s := range c.g.Topics {
		partitions[s.Topic] = s.Partitions
	}
	for _, name := range c.order() {
		in := c.reads[name]
		n := Node{Stage: c.specs[name], In: in, Out: map[string]string{}, Facts: c.facts[in]}
		for _, w := range c.arrows {
			if w.From == name {
				n.Out[w.Port] = w.Topic
			}
		}
		p.Nodes = append(p.Nodes, n)
		p.Topics = append(p.Topics, Topic{Name: in, Partitions: partitions[in]})
	}
	if fetchers := c.adding(stage.FactClaim); len(fetchers) == 1 {
		p.Restart = c.reads[fetchers[0]]
		p.RestartKeeps = c.facts[p.Restart]
	}
	return p
}
