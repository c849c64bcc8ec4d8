package stage

import "time"

// Outcome is what one delivery came to.
type Outcome string

const (
	// Passed: outputs published (or the sink is done).
	Passed Outcome = "passed"
	// Closed: left the flow with a verdict.
	Closed Outcome = "closed"
	// Retried: a retryable error; it waits in a delay topic.
	Retried Outcome = "retried"
	// Delayed: not ready yet; it waits in a delay topic, no attempt counted.
	Delayed Outcome = "delayed"
	// Restarted: sent back to where the bytes are fetched.
	Restarted Outcome = "restarted"
	// DeadLettered: given up; a dead letter is in the failed topic.
	DeadLettered Outcome = "dead-lettered"
	// Parked: not understood; the raw bytes are in the failed topic.
	Parked Outcome = "parked"
)

// Transition is the engine's record of one delivery, written to the audit
// topic before the input is acknowledged (I1). The envelope around it is the
// one that was handled, or the closed one that came out. Folding transitions
// is idempotent and does not depend on their order.
type Transition struct {
	Stage   string  `json:"stage"`
	Outcome Outcome `json:"outcome"`
	// At is when the outcome was known.
	At time.Time `json:"at"`
	// Took is the time inside the handler, in nanoseconds.
	Took time.Duration `json:"took,omitempty"`
	// Attempt counts retryable failures of this artifact in this stage.
	Attempt int `json:"attempt,omitempty"`
	// Topic, Partition and Offset are where the input lay.
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	// Found are the object versions that this delivery brought into the
	// flow: those of its outputs that are not the input's own. A long list is
	// spread over several transitions.
	Found []Object `json:"found,omitempty"`
	// ShardDone says that the listing of the input's shard ended here.
	ShardDone bool `json:"shard_done,omitempty"`
	// Failure says why, for Retried, Restarted, DeadLettered and Parked.
	Failure *Failure `json:"failure,omitempty"`
}

// Failure is an error as it goes into topics, the ledger and reports. It
// never carries a secret or a presigned URL (I7).
type Failure struct {
	Class Class `json:"class"`
	// Code is a stable word: "checksum", "access-denied", …; append-only.
	Code    string `json:"code,omitempty"`
	Message string `json:"message"`
	// Hint names the setting to change and the next step.
	Hint string `json:"hint,omitempty"`
}
