package cloudsmith

import (
	"encoding/json"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// entry is a package as the API shows it: the few of its ninety fields that we
// need. Decisions are made on the booleans; the numbers of states and stages
// are not documented.
type entry struct {
	Slug       string  `json:"slug_perm"`
	Format     string  `json:"format"`
	Name       string  `json:"name"`
	Version    string  `json:"version"`
	Filename   string  `json:"filename"`
	Filepath   string  `json:"filepath"`
	Size       int64   `json:"size"`
	SHA256     string  `json:"checksum_sha256"`
	UploadedAt instant `json:"uploaded_at"`

	Completed   bool   `json:"is_sync_completed"`
	Failed      bool   `json:"is_sync_failed"`
	Quarantined bool   `json:"is_quarantined"`
	Reason      string `json:"status_reason"`
}

// done says that the service has processed the package, and that its size and
// digests are final.
func (e *entry) done() bool { return e.Completed && !e.Failed }

// pending says that processing goes on.
func (e *entry) pending() bool { return !e.Completed && !e.Failed }

// older orders entries by age; equal times, which the service's microseconds
// make unlikely, by id, so that everybody picks the same one.
func (e *entry) older(f *entry) bool {
	if !e.UploadedAt.Equal(f.UploadedAt.Time) {
		return e.UploadedAt.Before(f.UploadedAt.Time)
	}
	return e.Slug < f.Slug
}

// at returns e as the package at c. What the target has not processed has no
// size and digest.
func (e *entry) at(c stage.Coordinates) stage.Package {
	p := stage.Package{ID: e.Slug, Coordinates: c, UploadedAt: e.UploadedAt.Time}
	if e.done() {
		p.Size, p.SHA256 = e.Size, e.SHA256
	}
	return p
}

// instant is a time that does not spoil a whole page if it cannot be read.
type instant struct{ time.Time }

// UnmarshalJSON leaves the zero time for everything that is no time.
func (i *instant) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		i.Time, _ = time.Parse(time.RFC3339, s)
	}
	return nil
}

// identifier is the answer to a direct upload.
type identifier struct {
	Identifier string `json:"identifier"`
}

// filesRequest asks for an upload in parts.
type filesRequest struct {
	Filename string `json:"filename"`
	Method   string `json:"method"`
	MD5      string `json:"md5_checksum,omitempty"`
	SHA256   string `json:"sha256_checksum,omitempty"`
}

// filesAnswer says where the parts go.
type filesAnswer struct {
	Identifier string `json:"identifier"`
	URL        string `json:"upload_url"`
}

// completeRequest ends an upload in parts.
type completeRequest struct {
	UploadID string `json:"upload_id"`
	Complete bool   `json:"complete"`
}

// createRequest makes a package from an upload. Republish is always written:
// where it is left out, a setting of the repository decides.
type createRequest struct {
	File      string `json:"package_file"`
	Republish bool   `json:"republish"`
	Filepath  string `json:"filepath,omitempty"`
	Name      string `json:"name,omitempty"`
	Version   string `json:"version,omitempty"`
}

type user struct {
	Authenticated bool   `json:"authenticated"`
	Slug          string `json:"slug"`
}

type quota struct {
	Usage struct {
		Raw struct {
			Storage struct {
				Used       json.Number `json:"used"`
				Configured json.Number `json:"configured"`
			} `json:"storage"`
		} `json:"raw"`
	} `json:"usage"`
}

type formatInfo struct {
	Slug string `json:"slug"`
}
