// Package stage is the contract between Longshore's stages and everything
// else. A stage is one step that an artifact takes on its way from the source
// to the target; the engine delivers messages to it, the drivers give it a
// source, a target, a staging area and a ledger. A stage knows none of them
// beyond the interfaces of this package: it imports this package, the standard
// library and domain libraries, never a broker, a cloud SDK or a registry
// client.
//
// To write one, declare a Spec, implement Handler, add the Spec to
// stages.All, draw its arrows in the topology, and run the suite in
// stages/stagetest over it. What the suite checks is what this package says
// in prose.
//
// # The promises a stage makes
//
//   - Repeatable. Delivery is at least once (I3). A handler may get an
//     envelope again after a crash, after a rebalance, or on another machine
//     while the first call is still running. The world must then be as after
//     one call. Stages get this from the ports: Staging.Put, Target.Publish,
//     Target.Remove, Staging.Release and Ledger.Fold are each idempotent, also
//     when called twice at once. A stage that looks first and acts later gets
//     nothing from that: the look may be stale by the time of the act.
//   - Pure towards its input. It neither changes nor keeps the envelope; what
//     it returns is built from Envelope.With.
//   - Prompt to stop. When ctx ends it returns at once with an error wrapping
//     ctx.Err(), and leaves no goroutine behind. That error is never a
//     verdict: the message stays unacknowledged and no attempt is counted.
//   - Impatient. One message per partition is in flight, so waiting for a
//     slow far side blocks everything behind. Look, and answer Later(d).
//   - Honest about failure. It returns the port's error wrapped with what it
//     was doing ("opening staged bytes: %w"), which keeps the class that the
//     driver gave it. It classifies by itself only where it knows more than
//     the port does.
//
// # What the engine promises
//
// Decoding, retries, delay topics, dead letters, rate gates, tracing, audit
// events and acknowledgement are the engine's; see internal/engine. Outputs
// are durable before the input is acknowledged (I1). A panic is recovered and
// becomes Poison.
package stage
