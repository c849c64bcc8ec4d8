package emulator

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// query is a parsed search. The language is the documented subset: terms side
// by side or joined by AND and OR, NOT, parentheses, field:value.
type query struct{ root node }

// node is a part of a search.
type node interface {
	matches(p *pkg, now time.Time) bool
}

type (
	allOf  []node
	anyOf  []node
	negate struct{ node }
)

func (n allOf) matches(p *pkg, now time.Time) bool {
	for _, sub := range n {
		if !sub.matches(p, now) {
			return false
		}
	}
	return true
}

func (n anyOf) matches(p *pkg, now time.Time) bool {
	for _, sub := range n {
		if sub.matches(p, now) {
			return true
		}
	}
	return false
}

func (n negate) matches(p *pkg, now time.Time) bool { return !n.node.matches(p, now) }

// all says that the search wants everything.
func (q query) all() bool {
	conjunction, ok := q.root.(allOf)
	return ok && len(conjunction) == 0
}

func (q query) matches(p *pkg, now time.Time) bool { return q.root.matches(p, now) }

// candidates returns the packages that an index finds for one term that all
// matches must have, oldest first; indexed is false where there is none.
func (q query) candidates(r *repo) (found []*pkg, indexed bool) {
	conjunction, ok := q.root.(allOf)
	if !ok {
		return nil, false
	}
	for _, sub := range conjunction {
		t, isTerm := sub.(*term)
		if !isTerm || t.negated {
			continue
		}
		switch {
		case t.field == "checksum" && (len(t.value) == 32 || len(t.value) == 64):
			raw, err := hex.DecodeString(t.value)
			if err == nil && !r.guesses.SearchCompanions {
				return r.byDigest[string(raw)], true
			}
		case t.field == "filename" && t.exact():
			return r.byFilename[t.value], true
		}
	}
	return nil, false
}

// parser reads a search, which was split into words.
type parser struct {
	words []string
	now   time.Time
}

// parseQuery reads a search; an empty one wants everything.
func parseQuery(text string, now time.Time) (query, error) {
	p := parser{words: splitQuery(text), now: now}
	root, err := p.alternatives()
	if err != nil {
		return query{}, err
	}
	if len(p.words) > 0 {
		return query{}, errors.New("unbalanced parenthesis")
	}
	return query{root}, nil
}

// alternatives reads a OR b OR c.
func (p *parser) alternatives() (node, error) {
	var either anyOf
	for {
		n, err := p.conjunction()
		if err != nil {
			return nil, err
		}
		either = append(either, n)
		if !p.take("OR") {
			break
		}
	}
	if len(either) == 1 {
		return either[0], nil
	}
	return either, nil
}

// conjunction reads a b AND c, up to OR, a closing parenthesis or the end.
func (p *parser) conjunction() (node, error) {
	all := allOf{}
	for len(p.words) > 0 && p.words[0] != ")" && p.words[0] != "OR" {
		if p.take("AND") {
			continue
		}
		n, err := p.factor()
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

func (p *parser) factor() (node, error) {
	switch {
	case p.take("NOT"):
		if len(p.words) == 0 {
			return nil, errors.New("a term is missing after NOT")
		}
		n, err := p.factor()
		return negate{n}, err
	case p.take("("):
		n, err := p.alternatives()
		if err == nil && !p.take(")") {
			err = errors.New("unbalanced parenthesis")
		}
		return n, err
	}
	word := p.words[0]
	p.words = p.words[1:]
	t, err := parseTerm(word, p.now)
	if err != nil {
		return nil, err
	}
	return t, nil
}

func (p *parser) take(word string) bool {
	if len(p.words) > 0 && p.words[0] == word {
		p.words = p.words[1:]
		return true
	}
	return false
}

// splitQuery cuts a search at blanks outside quotes. A parenthesis is a word
// of its own where it begins a term, or ends one without having been opened
// in it: values such as a(1).txt stay whole.
func splitQuery(text string) []string {
	var words []string
	var word strings.Builder
	var quote rune
	depth := 0
	flush := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
		depth = 0
	}
	for _, r := range text {
		switch {
		case quote != 0:
			word.WriteRune(r)
			if r == quote {
				quote = 0
			}
		case (r == '\'' || r == '"') && opensValue(word.String()):
			quote = r
			word.WriteRune(r)
		case r == ' ' || r == '\t' || r == '\n':
			flush()
		case r == '(' && word.Len() == 0:
			words = append(words, "(")
		case r == ')' && depth == 0:
			flush()
			words = append(words, ")")
		default:
			if r == '(' {
				depth++
			}
			if r == ')' {
				depth--
			}
			word.WriteRune(r)
		}
	}
	flush()
	return words
}

// opensValue says whether a quote after this much of a word opens a quoted
// value, rather than being part of it.
func opensValue(before string) bool {
	trimmed := strings.TrimRight(before, "^~<>=")
	return trimmed == "" || strings.HasSuffix(trimmed, ":")
}

// unquote takes the quotes off a value. An anchor may stand within or outside.
func unquote(value string) string {
	if value == "" {
		return value
	}
	if q := value[0]; q == '\'' || q == '"' {
		if end := strings.LastIndexByte(value, q); end > 0 {
			return value[1:end] + value[end+1:]
		}
	}
	return value
}

func errField(name string) error { return fmt.Errorf("'%s' is not a searchable field", name) }
