package engine

import "github.com/longshore/longshore/topology"

// Readers lists the topics that the stages of a plan read, delay topics
// included, each with the consumer group that reads it.
func Readers(p *topology.Plan, names topology.Names) map[string]string {
	groups := map[string]string{}
	for _, n := range p.Nodes {
		name := n.Stage.Name
		groups[names.Topic(n.In)] = names.Group(name)
		for _, t := range tiers() {
			groups[names.Later(name, t.name)] = laterGroup(names, name, t)
		}
	}
	return groups
}
