package engine

import (
	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/topology"
)

// topics are all that the plan needs, those of stages that run elsewhere
// included, so that whoever starts first creates them. Their data is kept
// until the migration ends: a pause of any length must lose nothing.
func topics(o Options) []bus.Topic {
	var all []bus.Topic
	add := func(name string, partitions int) {
		all = append(all, bus.Topic{
			Name:       name,
			Partitions: int32(partitions), //nolint:gosec // a handful
			Config:     map[string]string{"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"},
		})
	}
	partitions := map[string]int{}
	for _, s := range o.Plan.Sizes(o.Strategy) {
		partitions[s.Topic] = s.Partitions
		add(o.Names.Topic(s.Topic), s.Partitions)
	}
	for _, n := range o.Plan.Nodes {
		for _, t := range tiers() {
			add(o.Names.Later(n.Stage.Name, t.name), min(delayPartitions, partitions[n.In]))
		}
	}
	add(o.Names.Failed(), 1)
	return all
}

// laterGroup is the consumer group that forwards the messages of a delay topic.
func laterGroup(n topology.Names, stageName string, t tier) string {
	return n.Group(stageName) + "." + t.name
}
