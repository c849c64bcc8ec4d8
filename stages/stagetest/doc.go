// Package stagetest is the suite that every stage passes, and the World it
// runs them in: a source, a target, a staging area and a ledger in memory,
// with faults that are injected per operation.
//
// A stage's own test calls Run with its Spec. That is enough for any stage:
// the World makes the facts that the Spec needs for real (an object lies in
// the source, its bytes are staged, its package is published), delivers them,
// and checks what package stage promises in prose. Options add a
// configuration, other inputs and other expected ends.
//
// # How the checks work
//
//   - Every delivery runs in a synctest bubble: time is faked, a handler that
//     sleeps or waits costs nothing, and one that waits for ever is found.
//     Spec.New runs outside, so that a stage may measure or start helpers
//     there; such helpers must not call ports.
//   - What a stage does to the world is compared by Snapshot: packages, staged
//     bytes and ledger rows. Calls without effect are free.
//   - Handlers get inputs that the engine would have parked, with facts missing
//     or absurd: what is not understood is answered with Poison, not a panic.
//   - Faults are injected by a wrapper around the ports, at the n-th call of an
//     operation. Which operations a stage uses is found by a dry run.
//   - A race is forced, not hoped for: the first call of each operation is held
//     until the second delivery has arrived there too.
//
// The ports of the World pass the suites of the real drivers, and the suite is
// tested by deliberately broken stages; both are in this package's tests.
package stagetest
