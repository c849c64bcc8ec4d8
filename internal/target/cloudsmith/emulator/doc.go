// Package emulator is a local Cloudsmith: the part of the HTTP API that
// uploads, creates, synchronises, lists, manages and downloads packages, close
// enough to the real service that clients cannot tell it apart. Tests and the
// sandbox run against it; nothing in the product imports it.
//
// What is documented, what was seen in the field and what is a guess is
// written down in the protocol notes of the project. Every guess is an option
// with the guess as its default, so that a test can ask what happens if the
// real service does otherwise.
//
// # Invariants
//
//   - Digests are computed from the bytes that lie in the store, never taken
//     from a header. A digest in a request is only ever compared.
//   - Bytes go to disk as they arrive and are never held in memory.
//   - A package is created in one step under one lock; of two creates with the
//     same coordinates exactly one is the first.
//   - An upload identifier serves one package.
//   - Synchronisation is a function of the clock. No goroutine drives it, and
//     two answers at the same instant agree.
//
// # Roles
//
// The real service answers on several hosts. One Server answers for all of
// them, told apart by the first segment of the path:
//
//	api      /            CLOUDSMITH_API_HOST=http://127.0.0.1:8089
//	upload   /upload/     CLOUDSMITH_UPLOAD_HOST=http://127.0.0.1:8089/upload
//	s3       /s3/         named in the upload_url of method post
//	dl       /dl/         named in cdn_url
//
// Server.Role answers for one of them at the root of a listener of its own.
//
// # Control
//
// Paths below /_emulator/ steer the emulator and are served to loopback
// addresses only, without credentials, limits or faults:
//
//	GET    /_emulator/stats     counters, see Stats
//	GET    /_emulator/packages  every package, see PackageSummary
//	GET    /_emulator/faults    the faults that are set, see Fault
//	POST   /_emulator/faults    sets one fault, or a list of them
//	DELETE /_emulator/faults    removes all faults
//	DELETE /_emulator/faults/1  removes one fault
//	POST   /_emulator/reset     forgets packages, uploads, faults and counters
//
// docs/emulator.md shows them by example.
package emulator
