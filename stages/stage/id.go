package stage

import (
	"crypto/sha256"
	"encoding/hex"
)

// RunID is the name of a migration: lower case letters, digits and hyphens.
// Topics, consumer groups and the ledger are kept apart by it.
type RunID string

// ObjectID identifies an object across versions: 32 hex digits, the first half
// of a SHA-256 over bucket and key. It is the partition key of every record
// about the object, so that they stay in order on a topic (I4).
type ObjectID string

// Revision identifies one version of an object: the version id where the
// bucket keeps versions, else the entity tag with size and time.
type Revision string

// NewObjectID hashes bucket and key.
func NewObjectID(bucket, key string) ObjectID {
	sum := sha256.Sum256([]byte(bucket + "\x00" + key))
	return ObjectID(hex.EncodeToString(sum[:16]))
}
