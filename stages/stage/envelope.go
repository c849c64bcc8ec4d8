package stage

// Envelope is the message on a topic: whose it is, what is known about the
// artifact so far, and which output it leaves by.
type Envelope struct {
	// Run is the migration.
	Run RunID `json:"run"`
	// ID is the partition key: the object's id, or for a shard an id of its
	// prefix.
	ID ObjectID `json:"id"`
	// Port is the output by which a returned envelope leaves: empty for the
	// main one. It is empty on input and not part of the record.
	Port string `json:"-"`
	// Doubt says that this work may have been done before, by a delivery
	// that was cut off. Target.Publish then looks before it sends. The engine
	// sets it on messages that a crash may have left half done and on
	// replays, and hands it on to every output.
	Doubt bool `json:"doubt,omitempty"`
	// Attempt counts retryable failures in the current stage. Engine's.
	Attempt int `json:"attempt,omitempty"`
	// Restarts counts how often the artifact went back to be fetched again.
	// Engine's.
	Restarts int `json:"restarts,omitempty"`
	// Artifact is the record.
	Artifact Artifact `json:"artifact"`
}

// With returns a copy of e whose artifact was changed by f. Stages build
// their outputs with it, so that the input stays as it is and facts that they
// do not know are kept.
func (e Envelope) With(f func(*Artifact)) Envelope {
	e.Artifact = e.Artifact.Clone()
	f(&e.Artifact)
	return e
}

// Via returns a copy of e that leaves by the named port.
func (e Envelope) Via(port string) Envelope {
	e.Port = port
	return e
}

// Close returns a copy of e that leaves the flow with v.
func (e Envelope) Close(v Verdict) Envelope {
	return e.With(func(a *Artifact) { a.Verdict = &v })
}

// Closed says whether the envelope has left the flow.
func (e Envelope) Closed() bool { return e.Artifact.Verdict != nil }

// Missing lists the facts of need that e lacks.
func (e Envelope) Missing(need []Fact) []Fact {
	var missing []Fact
	for _, f := range need {
		if !e.Artifact.Has(f) {
			missing = append(missing, f)
		}
	}
	return missing
}
