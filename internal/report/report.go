// Package report turns the state of a migration into documents: tables for
// people, JSON, YAML, CSV and NDJSON for programs. Documents carry
// schemaVersion; fields are only ever added.
package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"

	"go.yaml.in/yaml/v4"
)

// SchemaVersion of the documents of this package.
const SchemaVersion = 1

// Formats are the values of -o.
func Formats() []string { return []string{"table", "json", "yaml", "csv", "ndjson"} }

// Document is something that can be written in every format.
type Document interface {
	// Table writes it for people.
	Table(w io.Writer) error
	// Records are its rows for CSV, the first being the header.
	Records() [][]string
}

// Write writes d in one of Formats.
func Write(w io.Writer, format string, d Document) error {
	switch format {
	case "json":
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(d)
	case "ndjson":
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return e.Encode(d)
	case "yaml":
		return writeYAML(w, d)
	case "csv":
		c := csv.NewWriter(w)
		return c.WriteAll(d.Records())
	case "table":
		return d.Table(w)
	}
	return fmt.Errorf("unknown output format %q", format)
}

// writeYAML goes through JSON, so that both have the same names.
func writeYAML(w io.Writer, d Document) error {
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	var v any
	if err := yaml.Load(text, &v); err != nil {
		return err
	}
	out, err := yaml.Dump(v)
	if err != nil {
		return err
	}
	_, err = w.Write(out)
	return err
}
