package topology

import "github.com/longshore/longshore/stages/stage"

// Names makes the full names of a migration's topics and consumer groups:
// <prefix>.<migration>.<name>, dots and hyphens only, since Kafka's metric
// names take '.' and '_' for the same.
type Names struct {
	Prefix string // "longshore"
	Run    stage.RunID
}

// Short names of the topics that no arrow draws.
const (
	FailedTopic = "failed"
	// LaterShort and LaterLong are the delay topics of a stage, by how long a message waits there at most.
	LaterShort = "later-15s"
	LaterLong  = "later-5m"
)

// Topic is the full name of a topic of the plan.
func (n Names) Topic(short string) string { return n.Prefix + "." + string(n.Run) + "." + short }

// Later is the full name of a delay topic (LaterShort, LaterLong) of a stage.
func (n Names) Later(stageName, tier string) string { return n.Topic(stageName + "." + tier) }

// Failed is the full name of the topic of dead letters.
func (n Names) Failed() string { return n.Topic(FailedTopic) }

// Group is the consumer group of a stage.
func (n Names) Group(stageName string) string { return n.Topic(stageName) }
