package stage

import (
	"maps"
	"strconv"
	"time"
)

// Artifact is the one record about the thing being migrated. It grows by
// facts: each pointer is nil until the stage that adds the fact has passed.
// Stages treat what a pointer points to as read-only.
type Artifact struct {
	Shard      *Shard            `json:"shard,omitempty"`
	Object     *Object           `json:"object,omitempty"`
	Claim      *Claim            `json:"claim,omitempty"`
	Digests    *Digests          `json:"digests,omitempty"`
	Package    *Package          `json:"package,omitempty"`
	Verdict    *Verdict          `json:"verdict,omitempty"`
	Transition *Transition       `json:"transition,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`
}

// Has says whether the artifact carries f.
func (a Artifact) Has(f Fact) bool {
	switch f {
	case FactShard:
		return a.Shard != nil
	case FactObject:
		return a.Object != nil
	case FactClaim:
		return a.Claim != nil
	case FactDigests:
		return a.Digests != nil
	case FactPackage:
		return a.Package != nil
	case FactVerdict:
		return a.Verdict != nil
	case FactTransition:
		return a.Transition != nil
	}
	name, ok := f.Label()
	if !ok {
		return false
	}
	_, has := a.Labels[name]
	return has
}

// Clone copies the record and its labels; the facts themselves are shared,
// since nobody changes one in place.
func (a Artifact) Clone() Artifact {
	a.Labels = maps.Clone(a.Labels)
	return a
}

// Only keeps the given facts and drops all others.
func (a Artifact) Only(keep []Fact) Artifact {
	var out Artifact
	for _, f := range keep {
		switch f {
		case FactShard:
			out.Shard = a.Shard
		case FactObject:
			out.Object = a.Object
		case FactClaim:
			out.Claim = a.Claim
		case FactDigests:
			out.Digests = a.Digests
		case FactPackage:
			out.Package = a.Package
		case FactVerdict:
			out.Verdict = a.Verdict
		case FactTransition:
			out.Transition = a.Transition
		default:
			name, _ := f.Label()
			if v, ok := a.Labels[name]; ok {
				if out.Labels == nil {
					out.Labels = map[string]string{}
				}
				out.Labels[name] = v
			}
		}
	}
	return out
}

// Shard is a prefix range still to list. One message lists one page; the
// offset of that message is the checkpoint of the listing.
type Shard struct {
	// Prefix limits the listing; empty means the whole bucket.
	Prefix string `json:"prefix"`
	// Cursor is where the next page starts, opaque to stages; empty means
	// the beginning.
	Cursor string `json:"cursor,omitempty"`
	// Page counts the pages of this shard from 0.
	Page int `json:"page"`
	// Listing numbers the listings of a migration from 1: running a finished
	// migration again lists once more.
	Listing int `json:"listing"`
}

// Object is one version of one object in the source.
type Object struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
	// Size in bytes.
	Size int64 `json:"size"`
	// ETag without quotes, as listed.
	ETag string `json:"etag,omitempty"`
	// VersionID is empty where the bucket keeps no versions or the listing
	// does not tell.
	VersionID    string    `json:"version_id,omitempty"`
	Modified     time.Time `json:"modified,omitzero"`
	StorageClass string    `json:"storage_class,omitempty"`
}

// ID identifies the object across versions.
func (o Object) ID() ObjectID { return NewObjectID(o.Bucket, o.Key) }

// Revision identifies this version of it.
func (o Object) Revision() Revision {
	if o.VersionID != "" && o.VersionID != "null" {
		return Revision("v:" + o.VersionID)
	}
	// Size guards against stores whose ETag is not a content digest. The time
	// is left out on purpose: a listing and a HEAD differ in precision.
	return Revision("e:" + o.ETag + ":" + strconv.FormatInt(o.Size, 10))
}

// URI is the object's address for people: s3://bucket/key.
func (o Object) URI() string { return "s3://" + o.Bucket + "/" + o.Key }

// Claim is the reference to staged bytes: the bytes lie in the staging area,
// messages carry only this.
type Claim struct {
	// Name finds the bytes in the staging area; see Staging.
	Name ClaimName `json:"name"`
	// Size in bytes.
	Size int64 `json:"size"`
	// CRC64NVME of the bytes as they were written, 16 hex digits. It costs
	// almost nothing and shows a bit that flips while the bytes are staged.
	CRC64NVME string `json:"crc64nvme"`
	// Proof says what the source's own checksum proved while the bytes were
	// read.
	Proof Proof `json:"proof"`
}

// Proof names the source checksum that the bytes were checked against.
type Proof string

// Proofs, strongest evidence first. A value may carry the number of parts, as
// in "md5-5" or "composite-sha256-5".
const (
	ProofSHA256    Proof = "sha256"
	ProofCRC64NVME Proof = "crc64nvme"
	ProofCRC32C    Proof = "crc32c"
	ProofMD5       Proof = "md5"
	// ProofNone means that the source offered nothing to check; the ledger
	// says so, since it must never pass as fine.
	ProofNone Proof = "none"
)

// Digests of the staged bytes, lower-case hex. SHA256 is always there, the
// others only where a method or format needs them.
type Digests struct {
	SHA256 string `json:"sha256"`
	MD5    string `json:"md5,omitempty"`
}
