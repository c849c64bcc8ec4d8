// Package cloudsmith is the stage.Target that speaks to Cloudsmith's HTTP API.
// It is a thin client written by hand: about fifteen calls.
//
// # What decides its shape
//
// Requests are the scarce thing: an account has a few a second, shared with
// everybody who uses it. A package costs one upload, one create and a share of
// a list page; everything else is spent only where there is doubt.
//
// # Invariants
//
//   - One package per coordinates. Create is never sent again while its
//     outcome is unclear; whoever is in doubt looks first (lookup.go). What
//     slips through is settled when the status is read: of two equal packages
//     the older one stays, failed leftovers go (settle.go).
//   - Nothing is ever replaced: every create says republish=false, since the
//     repository's own setting decides where it is left out.
//   - The last byte of an upload leaves only if the digest of all bytes is the
//     one that was promised (body.go).
//   - Only entries that this migration made are ever deleted: the one whose id
//     it holds, and failed or duplicate ones at its coordinates that are not
//     older than the migration.
//   - The key goes to the configured hosts only, never along a redirect to
//     another one. Neither it nor the query of a URL appears in an error (I7).
//   - Memory is bounded whatever the size of the repository.
//
// Drivers classify, the engine decides: errors.go is the table from what the
// wire shows to the class of the error. Answers may gain fields at any time
// and the decoders ignore what they do not know.
package cloudsmith
