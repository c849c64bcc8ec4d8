// Package cli holds the official command line client, cloudsmith-cli 1.30.0,
// against the emulator. Its tests have the build tag conformance; make
// conformance runs them.
//
// A passing suite proves that the emulator takes what the client sends and
// answers what the client understands. It does not prove that the emulator
// equals the real service.
//
// Every case starts from an emulator of its own, runs the client, and looks at
// three things: the exit code and what was said; the requests that arrived,
// which testdata/requests records one file a case; and what the emulator holds
// afterwards.
//
// The requests on file were read against the protocol notes before they were
// kept. Read a change to them in the same way: either the client was upgraded
// or the emulator has changed what it answers. go test -update writes them.
package cli
