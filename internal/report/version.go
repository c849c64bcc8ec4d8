package report

import (
	"fmt"
	"io"
)

// Version is what `pipeline version` tells.
type Version struct {
	SchemaVersion int    `json:"schemaVersion"`
	Version       string `json:"version"`
	Commit        string `json:"commit,omitempty"`
	Date          string `json:"date,omitempty"`
	Go            string `json:"go"`
	Platform      string `json:"platform"`
	// WireSchema is the schema of the records on the topics.
	WireSchema string `json:"wire_schema"`
}

// Table implements Document.
func (v Version) Table(w io.Writer) error {
	_, err := fmt.Fprintf(w, "pipeline %s", v.Version)
	if v.Commit != "" && err == nil {
		_, err = fmt.Fprintf(w, " (%.12s, %s)", v.Commit, v.Date)
	}
	if err == nil {
		_, err = fmt.Fprintf(w, "\n%s %s, records %s\n", v.Go, v.Platform, v.WireSchema)
	}
	return err
}

// Records implements Document.
func (v Version) Records() [][]string {
	return [][]string{
		{"version", "commit", "date", "go", "platform", "wire_schema"},
		{v.Version, v.Commit, v.Date, v.Go, v.Platform, v.WireSchema},
	}
}
