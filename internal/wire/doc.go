// Package wire turns envelopes into records and back. The value is the
// envelope as JSON and nothing else; CloudEvents attributes in binary mode and
// a trace go into headers; dead letters are the record as it came, with the
// reason in headers.
//
// Invariants: what is decoded equals what was encoded, and what cannot be kept
// is an error of Encode; records of every schema version of this major version
// decode for ever (testdata/v1); the id of a record is a pure function of what
// it says, so that publishing it again publishes an equal one; no header
// carries a secret (I7).
package wire
