package engine

import "time"

// StageStatus is what a stage of this process is doing, for people and for
// readiness. The counts are of deliveries since the engine was made.
type StageStatus struct {
	Name string
	// InFlight counts messages received and not yet acknowledged, those that
	// wait at the gate included; OldestAge is how long the oldest has been.
	InFlight  int
	OldestAge time.Duration
	// Done counts deliveries that passed or closed their artifact.
	Done int64
	// Retried, Delayed and Restarted went to a topic and will come back.
	Retried   int64
	Delayed   int64
	Restarted int64
	// Failed counts dead letters and parked messages.
	Failed int64
	// Halted is why nothing passes until a person acts; nil if it does.
	Halted error
	// PausedUntil is when the far side's patience is over; zero if the stage
	// is not throttled.
	PausedUntil time.Time
}
