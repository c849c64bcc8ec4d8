// Package s3 reads objects from Amazon S3 and from stores that speak its
// protocol. It implements stage.Source, passes internal/source/sourcetest, and
// is the only package that imports the AWS SDK.
//
// # Listing
//
// ListObjectsV2 in pages of up to 1,000 keys, URL-encoded where the store can,
// since a control character in a key breaks the XML otherwise. A listing ends
// where the store says that it ends, never by counting. See cursor for how a
// page is found again after a restart.
//
// # Reading one version, never a mixture
//
// ListObjectsV2 does not tell version ids, so a listed object is pinned by its
// entity tag (If-Match) and its size. The first answer of a read names the
// version id where the bucket keeps versions; from then on every request of
// that read demands the id too, and the read survives an overwrite. A store
// that ignores If-Match is found out by the entity tag of its answer.
//
// Objects up to Options.PartBytes are one plain GET. Larger ones are read in
// ranges, several in flight, delivered in order: the range at the front is
// streamed, those behind it are read ahead into buffers while the budget that
// all readers of the Source share has some left. A reader without a buffer
// still streams, so there is nothing to wait for and nothing to deadlock on.
// A transfer that breaks is resumed at the byte where it broke; a connection
// that goes silent is dropped after Options.ReadTimeout.
//
// # Proof
//
// A body ends with io.EOF only after exactly the listed number of bytes that
// agree with a checksum of the source, see choose. Multipart objects whose
// checksum is one of part checksums ("md5-N" entity tags, COMPOSITE checksums)
// are digested along the boundaries of their parts, see layout. What nothing
// can be checked against ends with stage.ProofNone, which the ledger shows.
package s3
