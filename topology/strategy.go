package topology

import "fmt"

// Strategy is the size class of a migration.
type Strategy string

// The strategies: a few megabytes, a few gigabytes, a terabyte and up.
const (
	Small  Strategy = "small"
	Medium Strategy = "medium"
	Large  Strategy = "large"
)

// Strategies lists every Strategy, smallest first.
func Strategies() []Strategy { return []Strategy{Small, Medium, Large} }

// auditPartitions bounds the audit topic: its reader writes one ledger, which
// more writers at once would only make wait for each other.
const auditPartitions = 12

// Partitions is how many partitions a topic gets under s: the number of
// messages that the stage reading it has in flight over all its workers, since
// one message a partition is. The numbers follow from Little's law (partitions
// ≥ objects a second × seconds in the handler) at the target's request limit:
// 3 packages a second that each take up to 4 s to upload fill 12; 48 leave room
// for uploads of large objects, which last longer than a request. An unknown
// strategy counts as Medium.
func Partitions(s Strategy) int {
	switch s {
	case Small:
		return 4
	case Large:
		return 48
	default:
		return 12
	}
}

// Sizing is the number of partitions of a topic and the reason for it.
type Sizing struct {
	Topic      string
	Partitions int
	Why        string
}

// Sizes gives every topic of the plan its partitions under s, in flow order.
// What the drawing sets goes before the strategy.
func (p *Plan) Sizes(s Strategy) []Sizing {
	sizes := make([]Sizing, len(p.Topics))
	for i, t := range p.Topics {
		n := Partitions(s)
		switch {
		case t.Partitions > 0:
			sizes[i] = Sizing{t.Name, t.Partitions, "set in the topology"}
		case t.Name == p.Audit && n > auditPartitions:
			sizes[i] = Sizing{t.Name, auditPartitions, fmt.Sprintf("one ledger is written, so at most %d", auditPartitions)}
		default:
			sizes[i] = Sizing{t.Name, n, fmt.Sprintf("strategy %s: as many messages in flight over all workers", s)}
		}
	}
	return sizes
}
