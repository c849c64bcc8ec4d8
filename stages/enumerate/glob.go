package enumerate

import (
	"errors"
	"regexp"
	"strings"
)

// glob is a pattern for whole keys. "*" stands for any characters but slashes,
// "**" for any characters, "**/" for any number of folders, also none, and "?"
// for one character but a slash. All else stands for itself.
type glob struct {
	pattern string
	re      *regexp.Regexp
}

func compileGlob(pattern string) (glob, error) {
	if pattern == "" {
		return glob{}, errors.New(`the pattern is empty: write "**" for every key`)
	}
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for rest := pattern; rest != ""; {
		atSegment := len(rest) == len(pattern) || pattern[len(pattern)-len(rest)-1] == '/'
		switch {
		case atSegment && strings.HasPrefix(rest, "**/"):
			b.WriteString(`(?:.*/)?`)
			rest = rest[3:]
		case strings.HasPrefix(rest, "**"):
			b.WriteString(`.*`)
			rest = rest[2:]
		case rest[0] == '*':
			b.WriteString(`[^/]*`)
			rest = rest[1:]
		case rest[0] == '?':
			b.WriteString(`[^/]`)
			rest = rest[1:]
		default:
			n := strings.IndexAny(rest, "*?")
			if n < 0 {
				n = len(rest)
			}
			b.WriteString(regexp.QuoteMeta(rest[:n]))
			rest = rest[n:]
		}
	}
	b.WriteString(`\z`)
	re, err := regexp.Compile(b.String())
	return glob{pattern: pattern, re: re}, err
}

func (g glob) match(key string) bool { return g.re.MatchString(key) }
