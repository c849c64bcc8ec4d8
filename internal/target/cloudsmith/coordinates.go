package cloudsmith

import (
	"crypto/sha256"
	"path"
	"strings"
	"unicode"

	"github.com/longshore/longshore/stages/stage"
)

// coordKey stands for coordinates in maps: the first half of a SHA-256.
type coordKey [16]byte

// keyOf is the identity of a package as the service sees it: the file path
// where the format has one (generic), else name, version and file name.
func keyOf(c stage.Coordinates) coordKey {
	parts := []string{c.Format, "", c.Name, c.Version, c.Filename}
	if c.Filepath != "" {
		parts = []string{c.Format, c.Filepath}
	} else if c.Name == "" {
		// The service names a package after its file where nobody else does.
		parts[2] = c.Filename
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return coordKey(sum[:16])
}

// key is keyOf for what the service shows. Other formats than generic may
// show a path of the file too, but it is not theirs to choose.
func (e *entry) key() coordKey {
	c := stage.Coordinates{Format: e.Format, Name: e.Name, Version: e.Version, Filename: e.Filename}
	if e.Format == "generic" {
		c.Filepath = e.Filepath
	}
	return keyOf(c)
}

// searchFor is a query that finds at least everything at c; callers filter.
//
// How values with blanks and special characters are quoted in a query is not
// documented, so nothing is quoted: each run of harmless characters becomes a
// condition of its own. Empty means that c has none.
func searchFor(c stage.Coordinates) string {
	name, whole := c.Filename, true
	if base := path.Base(c.Filepath); c.Filepath != "" && base != name {
		// The file name was shortened for the upload; which of the two the
		// service shows for a generic package is not documented.
		name, whole = commonPrefix(name, base), false
	}
	runs := strings.FieldsFunc(name, func(r rune) bool { return !harmless(r) })
	if len(runs) == 0 {
		return ""
	}
	terms := make([]string, len(runs))
	for i, run := range runs {
		start, end := "", ""
		if i == 0 && strings.HasPrefix(name, run) {
			start = "^"
		}
		if i == len(runs)-1 && whole && strings.HasSuffix(name, run) {
			end = "$"
		}
		terms[i] = "filename:" + start + run + end
	}
	return strings.Join(terms, " ")
}

func harmless(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.' || r == '_' || r == '-'
}

func commonPrefix(a, b string) string {
	n := 0
	for i, r := range a {
		if !strings.HasPrefix(b[min(i, len(b)):], string(r)) {
			break
		}
		n = i + len(string(r))
	}
	return a[:n]
}
