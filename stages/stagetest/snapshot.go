package stagetest

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"
)

// Snapshot is all that stages can change, in words: one sorted line each. What
// depends on who came first (numbers of packages, upload times) is left out.
type Snapshot struct {
	Packages []string
	Staged   []string
	Rows     []string
}

// Snapshot describes the world as it is now.
func (w *World) Snapshot() Snapshot {
	return Snapshot{Packages: w.Target.lines(), Staged: w.Staging.lines(), Rows: w.Ledger.lines()}
}

// Diff shows how other differs from s, and is empty where it does not.
func (s Snapshot) Diff(other Snapshot) string { return cmp.Diff(s, other) }

func (t *Target) lines() []string {
	var lines []string
	for _, p := range t.Packages() {
		lines = append(lines, fmt.Sprintf("%+v %d bytes sha256 %s %s %s",
			p.Package.Coordinates, p.Package.Size, p.Package.SHA256, p.State, p.Reason))
	}
	slices.Sort(lines)
	return lines
}

func (s *Staging) lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for name, content := range s.staged {
		lines = append(lines, fmt.Sprintf("%q %d bytes sha256 %x", name, len(content), sha256.Sum256(content)))
	}
	slices.Sort(lines)
	return lines
}

func (l *Ledger) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for k, r := range l.rows {
		lines = append(lines, fmt.Sprintf("%+v %+v by %q %s %s", k, r.verdict, r.by.Stage, r.by.Outcome, r.by.At))
	}
	for k, done := range l.pages {
		lines = append(lines, fmt.Sprintf("%+v last %t", k, done))
	}
	slices.Sort(lines)
	return lines
}
