package stage

import "time"

// Coordinates say which package an object becomes. They are a pure function
// of the object and the configuration, so every delivery finds the same ones.
type Coordinates struct {
	// Format is the target's name for it: "generic", "raw", ….
	Format string `json:"format"`
	// Name and Version where the format has them.
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
	// Filename is the base name sent with the bytes, at most 255 characters.
	Filename string `json:"filename"`
	// Filepath keeps the whole key where the format does ("generic").
	Filepath string `json:"filepath,omitempty"`
}

// Origin says who made a package.
type Origin string

const (
	// OriginCreated: by this migration, in the delivery that recorded it.
	OriginCreated Origin = "created"
	// OriginAdopted: found in place with the right bytes, and uploaded after
	// the migration began: an earlier delivery's work whose answer was lost.
	OriginAdopted Origin = "adopted"
	// OriginExisting: found in place with the right bytes, from before the
	// migration.
	OriginExisting Origin = "existing"
)

// Package is what exists in the target after the upload.
type Package struct {
	// ID is the target's permanent identifier.
	ID          string      `json:"id"`
	Coordinates Coordinates `json:"coordinates"`
	// Origin is empty in answers of Find. In those of Status it is set only
	// where the answer is about another package than the one asked for: the
	// one that stands at the coordinates since before.
	Origin Origin `json:"origin,omitempty"`
	// Size in bytes and SHA256 as the target reports them; empty until the
	// target has processed the package.
	Size   int64  `json:"size,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	// UploadedAt by the target's clock.
	UploadedAt time.Time `json:"uploaded_at,omitzero"`
}

// SyncState is how far the target is with a package.
type SyncState string

const (
	// SyncPending: accepted, not yet processed or not yet visible.
	SyncPending SyncState = "pending"
	// SyncDone: processed; Size and SHA256 are final.
	SyncDone SyncState = "done"
	// SyncFailed: the target refused it while processing; Reason may be empty.
	SyncFailed SyncState = "failed"
	// SyncQuarantined: processed, and held back by a policy of the target.
	SyncQuarantined SyncState = "quarantined"
)

// PackageStatus is the target's view of one package.
type PackageStatus struct {
	State   SyncState
	Reason  string
	Package Package
}
