package report

import (
	"fmt"
	"io"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Table implements Document.
func (m Migration) Table(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "%s  %s → %s  %s\n\n", m.Run, m.Source, m.Target, m.State); err != nil {
		return err
	}
	t := table.NewWriter()
	t.SetStyle(plain())
	t.AppendHeader(table.Row{"DISPOSITION", "OBJECTS", "SIZE"})
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 2, Align: text.AlignRight}, {Number: 3, Align: text.AlignRight}})
	rows := m.rows()
	for _, r := range rows[:len(rows)-1] {
		if r.objects > 0 || r.name == "verified" || r.name == "failed" {
			t.AppendRow(table.Row{r.name, humanize.Comma(r.objects), size(r.bytes)})
		}
	}
	sum := rows[len(rows)-1]
	t.AppendFooter(table.Row{sum.name, humanize.Comma(sum.objects), size(sum.bytes)})
	if _, err := fmt.Fprintln(w, t.Render()); err != nil {
		return err
	}
	if m.Work != nil {
		if _, err := fmt.Fprintf(w, "\n%d packages in %s, %d API requests (%.2f a package)\n", m.Packages,
			time.Duration(m.DurationSeconds*float64(time.Second)).Round(100*time.Millisecond), m.APIRequests, m.APIRequestsPerPackage); err != nil {
			return err
		}
	}
	return m.problems(w)
}

// problems lists what needs a person.
func (m Migration) problems(w io.Writer) error {
	for i, f := range m.Failures {
		if i == 0 {
			if _, err := fmt.Fprintf(w, "\nFailed (%d of %d):\n", len(m.Failures), m.Objects.Failed); err != nil {
				return err
			}
		}
		line := fmt.Sprintf("  %s  in %s: %s", f.Key, f.Stage, f.Reason)
		if f.Hint != "" {
			line += "\n    → " + f.Hint
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	if m.ParkedRecords > 0 {
		if _, err := fmt.Fprintf(w, "\n%d records could not be read; their bytes are in the failed topic\n", m.ParkedRecords); err != nil {
			return err
		}
	}
	return nil
}

func size(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

func plain() table.Style {
	s := table.StyleDefault
	s.Options = table.OptionsNoBordersAndSeparators
	s.Options.SeparateFooter = true
	s.Box.PaddingLeft = ""
	s.Box.PaddingRight = "   "
	s.Format.Header = text.FormatDefault
	s.Format.Footer = text.FormatDefault // the library would write "GIB"
	return s
}
