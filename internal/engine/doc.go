// Package engine runs a topology.Plan on a bus.Bus: it delivers envelopes to
// the stages' handlers and does everything around them, so that a stage holds
// nothing but its own step.
//
// One delivery goes: receive; decode; check the facts the stage needs; wait
// for the stage's gate; handle; then, by what the handler said, publish
// outputs, a retry, a dead letter or a restart together with the transition
// for the audit topic; wait for the broker's answer to all of it; acknowledge.
//
// The invariants of the project that live here:
//
//   - I1: nothing is acknowledged before all that follows from it is durable.
//     A publish that fails is repeated in place until it works or the engine
//     stops; there is no other way from a message to its acknowledgement.
//   - I2: nothing leaves silently. Every delivery writes one transition of its
//     input, every closed output is a transition, and a stage that returns
//     neither an output nor an error is a fault of the stage.
//   - I3: a message may be handled again at any time; one that a crash may
//     have left half done is marked with doubt, see doubts.
//   - I6: when Run's context ends the engine stops feeding and finishes what
//     is in flight (drain.go). Cancelled work is left unacknowledged and is
//     never a verdict.
//   - I7: what the engine writes of an error is the error's text; drivers keep
//     secrets out of it.
//
// watermill's Router carries the messages. Its own middleware for retries and
// poison is not used: it would dead-letter work that a shutdown cancelled
// (M4) and block partitions (M7).
package engine
