package report

import (
	"strconv"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/stages/stage"
)

// State is where a migration stands.
type State string

// States of a migration.
const (
	// Completed: everything that was listed has a disposition.
	Completed State = "completed"
	// Running: a process is at work, or died there; the same command goes on.
	Running State = "in progress"
	// Interrupted: stopped in good order before the end.
	Interrupted State = "interrupted"
	// Halted: given up because nothing can pass until a person acts.
	Halted State = "halted"
)

// Migration is the summary of a migration: what `pipeline run` prints at the
// end and `pipeline status` at any time.
type Migration struct {
	SchemaVersion int    `json:"schemaVersion"`
	Run           string `json:"run"`
	Source        string `json:"source"`
	Target        string `json:"target"`
	State         State  `json:"state"`
	// Objects and BytesBy close the books (I2): enumerated is the sum of all
	// the others.
	Objects Counts `json:"objects"`
	BytesBy Counts `json:"bytes_by_disposition"`
	// Bytes are those that the target holds: verified and present.
	Bytes int64 `json:"bytes"`
	// Listed says that the whole source has been listed.
	Listed bool `json:"listed"`
	// ParkedRecords could not be read and belong to no object.
	ParkedRecords int64 `json:"parked_records"`
	// Work is about this invocation of the command; status lacks it.
	*Work
	// Failures are the first of the objects that failed.
	Failures []Failure `json:"failures,omitempty"`
}

// Work is what one invocation did.
type Work struct {
	// APIRequests to the target's API and upload hosts.
	APIRequests int64 `json:"api_requests"`
	// Packages that this invocation closed as verified or present.
	Packages int64 `json:"packages"`
	// APIRequestsPerPackage is their quotient, 0 without packages.
	APIRequestsPerPackage float64 `json:"api_requests_per_package"`
	DurationSeconds       float64 `json:"duration_seconds"`
}

// Counts has a number for every disposition.
type Counts struct {
	Enumerated int64 `json:"enumerated"`
	Verified   int64 `json:"verified"`
	Present    int64 `json:"present"`
	Excluded   int64 `json:"excluded"`
	Superseded int64 `json:"superseded"`
	Failed     int64 `json:"failed"`
	InFlight   int64 `json:"in_flight"`
}

// Failure is an object that was given up.
type Failure struct {
	Key    string `json:"key"`
	Stage  string `json:"stage"`
	Code   string `json:"code,omitempty"`
	Reason string `json:"reason"`
	Hint   string `json:"hint,omitempty"`
}

// NewMigration makes the summary from the ledger.
func NewMigration(run stage.RunID, source, target string, s ledger.Summary, failed []ledger.Row) Migration {
	m := Migration{
		SchemaVersion: SchemaVersion, Run: string(run), Source: source, Target: target, State: Running,
		Objects:       counts(s, func(c ledger.Count) int64 { return c.Objects }),
		BytesBy:       counts(s, func(c ledger.Count) int64 { return c.Bytes }),
		Bytes:         s.Of(stage.Verified).Bytes + s.Of(stage.Present).Bytes,
		Listed:        s.Listed,
		ParkedRecords: s.Parked,
	}
	if s.Finished() {
		m.State = Completed
	}
	for _, r := range failed {
		m.Failures = append(m.Failures, Failure{Key: r.Key, Stage: r.Stage, Code: r.Code, Reason: r.Reason, Hint: r.Hint})
	}
	return m
}

func counts(s ledger.Summary, of func(ledger.Count) int64) Counts {
	return Counts{
		Enumerated: of(s.Enumerated), Verified: of(s.Of(stage.Verified)), Present: of(s.Of(stage.Present)),
		Excluded: of(s.Of(stage.Excluded)), Superseded: of(s.Of(stage.Superseded)), Failed: of(s.Of(stage.Failed)),
		InFlight: of(s.InFlight),
	}
}

// Records implements Document: one row a disposition.
func (m Migration) Records() [][]string {
	out := [][]string{{"run", "state", "disposition", "objects", "bytes"}}
	for _, r := range m.rows() {
		out = append(out, []string{m.Run, string(m.State), r.name, strconv.FormatInt(r.objects, 10), strconv.FormatInt(r.bytes, 10)})
	}
	return out
}

type row struct {
	name           string
	objects, bytes int64
}

func (m Migration) rows() []row {
	o, b := m.Objects, m.BytesBy
	return []row{
		{"verified", o.Verified, b.Verified},
		{"present", o.Present, b.Present},
		{"excluded", o.Excluded, b.Excluded},
		{"superseded", o.Superseded, b.Superseded},
		{"failed", o.Failed, b.Failed},
		{"in flight", o.InFlight, b.InFlight},
		{"enumerated", o.Enumerated, b.Enumerated},
	}
}
