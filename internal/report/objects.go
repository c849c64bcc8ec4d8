package report

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/longshore/longshore/internal/ledger"
)

// Object is the fate of one object version with its evidence: a line of the
// report that a third party can check against both sides.
type Object struct {
	Key          string    `json:"key"`
	Revision     string    `json:"revision"`
	Size         int64     `json:"size"`
	Modified     time.Time `json:"modified"`
	Disposition  string    `json:"disposition"`
	Class        string    `json:"class,omitempty"`
	SourceProof  string    `json:"source_proof,omitempty"`
	SHA256       string    `json:"sha256,omitempty"`
	TargetSHA256 string    `json:"target_sha256,omitempty"`
	PackageID    string    `json:"package_id,omitempty"`
	Origin       string    `json:"origin,omitempty"`
	Stage        string    `json:"stage,omitempty"`
	Code         string    `json:"code,omitempty"`
	Reason       string    `json:"reason,omitempty"`
	Updated      time.Time `json:"updated"`
}

// inFlight is the disposition of an object that has none yet.
const inFlight = "in flight"

func newObject(r ledger.Row) Object {
	o := Object{
		Key: r.Key, Revision: string(r.Revision), Size: r.Size, Modified: r.Modified, Disposition: string(r.Disposition),
		Class: string(r.Class), SourceProof: string(r.SourceProof), SHA256: r.SHA256, TargetSHA256: r.TargetSHA256,
		PackageID: r.PackageID, Origin: string(r.Origin), Stage: r.Stage, Code: r.Code, Reason: r.Reason, Updated: r.Updated,
	}
	if o.Disposition == "" {
		o.Disposition = inFlight
	}
	return o
}

// Objects writes rows one by one as NDJSON or CSV. Close finishes the output.
type Objects struct {
	json *json.Encoder
	csv  *csv.Writer
}

// NewObjects begins a report in the format ndjson or csv.
func NewObjects(w io.Writer, format string) (*Objects, error) {
	switch format {
	case "ndjson":
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return &Objects{json: e}, nil
	case "csv":
		o := &Objects{csv: csv.NewWriter(w)}
		return o, o.csv.Write([]string{
			"key", "revision", "size", "modified", "disposition", "class", "source_proof", "sha256", "target_sha256",
			"package_id", "origin", "stage", "code", "reason", "updated",
		})
	}
	return nil, fmt.Errorf("a report of objects has no format %q: choose ndjson or csv", format)
}

// Add writes one row.
func (o *Objects) Add(r ledger.Row) error {
	b := newObject(r)
	if o.json != nil {
		return o.json.Encode(b)
	}
	return o.csv.Write([]string{
		b.Key, b.Revision, strconv.FormatInt(b.Size, 10), b.Modified.Format(time.RFC3339), b.Disposition, b.Class, b.SourceProof,
		b.SHA256, b.TargetSHA256, b.PackageID, b.Origin, b.Stage, b.Code, b.Reason, b.Updated.Format(time.RFC3339),
	})
}

// Close writes what is buffered.
func (o *Objects) Close() error {
	if o.csv == nil {
		return nil
	}
	o.csv.Flush()
	return o.csv.Error()
}

// Compress wraps w by the ending of a file's name: .zst and .gz compress,
// everything else does not. Closing it does not close w.
func Compress(w io.Writer, name string) (io.WriteCloser, error) {
	switch {
	case strings.HasSuffix(name, ".zst"):
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, errors.Join(errors.New("compressing with zstd"), err)
		}
		return z, nil
	case strings.HasSuffix(name, ".gz"):
		return gzip.NewWriter(w), nil
	}
	return plainWriter{w}, nil
}

type plainWriter struct{ io.Writer }

func (plainWriter) Close() error { return nil }
