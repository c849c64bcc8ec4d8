package emulator

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// term is field:value. Matching ignores case.
type term struct {
	field, value string
	negated      bool
	// text reads the field, for all but checksum, status, tag and numbers.
	text func(*pkg) string
	// start and end are the anchors ^ and $.
	start, end bool
	// wild is set where the value has a *.
	wild *regexp.Regexp
	// compare is one of > >= < <=, with the number to compare with: bytes, a
	// count, or seconds since 1970.
	compare string
	number  float64
}

// textField reads a field that is compared as text; nil for one that does not
// exist.
func textField(field string) func(*pkg) string {
	switch field {
	case "name":
		return func(p *pkg) string { return p.name }
	case "filename":
		return func(p *pkg) string { return p.filename }
	case "version":
		return func(p *pkg) string { return p.version }
	case "format":
		return func(p *pkg) string { return p.format.slug }
	case "repository":
		return func(p *pkg) string { return p.repo.slug }
	case "distribution", "architecture":
		return func(p *pkg) string { return p.attrs[field] }
	case "deb_component":
		return func(p *pkg) string { return p.attrs["component"] }
	case "maven_group_id":
		return func(p *pkg) string { return p.attrs["group_id"] }
	case "type":
		return func(*pkg) string { return "file" }
	case "policy_violated":
		return func(p *pkg) string { return strconv.FormatBool(p.violates) }
	case "prerelease":
		return func(*pkg) string { return "false" }
	case "token", "dependency", "docker_image_digest", "docker_layer_digest", "last_downloaded":
		// The Server keeps none of these.
		return func(*pkg) string { return "" }
	}
	return nil
}

// parseTerm reads one word of a search. A word without a field is looked for
// in the name.
func parseTerm(word string, now time.Time) (*term, error) {
	field, value, found := strings.Cut(word, ":")
	if !found {
		field, value = "name", word
	}
	t := &term{field: strings.ToLower(field)}
	value, t.negated = strings.CutPrefix(value, "~")
	for _, op := range []string{"~=", ">=", "<=", ">", "<"} {
		if rest, ok := strings.CutPrefix(value, op); ok {
			t.compare, value = op, rest
			break
		}
	}
	value = unquote(value)
	switch {
	case t.field == "size", t.field == "downloads", t.field == "uploaded":
		return t, t.readNumber(value, now)
	case t.field != "checksum" && t.field != "status" && t.field != "tag":
		if t.text = textField(t.field); t.text == nil {
			return nil, errField(field)
		}
	}
	value = strings.ToLower(value)
	value, t.start = strings.CutPrefix(value, "^")
	value, t.end = strings.CutSuffix(value, "$")
	t.value = unquote(value)
	if strings.Contains(t.value, "*") {
		t.wild = wildcard(t)
	}
	return t, nil
}

func wildcard(t *term) *regexp.Regexp {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(t.value), `\*`, `.*`)
	if t.start {
		pattern = "^" + pattern
	}
	if t.end {
		pattern += "$"
	}
	return regexp.MustCompile("(?s)" + pattern)
}

// readNumber reads the value of a comparison.
func (t *term) readNumber(value string, now time.Time) error {
	setDefault(&t.compare, "=")
	if t.field == "uploaded" {
		at, err := parseWhen(value, now)
		t.number = float64(at.Unix())
		return err
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return fmt.Errorf("'%s' is not a number", value)
	}
	t.number = n
	return nil
}

// parseWhen reads a date, a time, or "3 days ago".
func parseWhen(value string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02"} {
		if at, err := time.Parse(layout, value); err == nil {
			return at, nil
		}
	}
	var n int
	var unit string
	if _, err := fmt.Sscanf(value, "%d %s ago", &n, &unit); err == nil {
		switch strings.TrimSuffix(unit, "s") {
		case "second":
			return now.Add(-time.Duration(n) * time.Second), nil
		case "minute":
			return now.Add(-time.Duration(n) * time.Minute), nil
		case "hour":
			return now.Add(-time.Duration(n) * time.Hour), nil
		case "day":
			return now.AddDate(0, 0, -n), nil
		case "week":
			return now.AddDate(0, 0, -7*n), nil
		case "month":
			return now.AddDate(0, -n, 0), nil
		}
	}
	return time.Time{}, fmt.Errorf("'%s' is not a date", value)
}

// exact says that the value is the whole of the field.
func (t *term) exact() bool { return t.start && t.end && t.wild == nil && t.compare == "" }

func (t *term) matches(p *pkg, now time.Time) bool { return t.hits(p, now) != t.negated }

func (t *term) hits(p *pkg, now time.Time) bool {
	switch t.field {
	case "checksum":
		// Only a complete synchronisation has put the digests into the index.
		return p.state(now).completed() && p.hasDigest(t.value)
	case "status":
		return t.hitsStatus(p.state(now))
	case "tag":
		return slices.ContainsFunc(p.tags, func(tg tag) bool { return t.hitsText(strings.ToLower(tg.name)) })
	case "size":
		return t.compares(float64(p.size()))
	case "downloads":
		return t.compares(float64(p.downloads))
	case "uploaded":
		return t.compares(float64(p.uploaded.Unix()))
	}
	return t.hitsText(strings.ToLower(t.text(p)))
}

func (t *term) hitsText(text string) bool {
	switch {
	case t.wild != nil:
		return t.wild.MatchString(text)
	case t.start && t.end:
		return text == t.value
	case t.start:
		return strings.HasPrefix(text, t.value)
	case t.end:
		return strings.HasSuffix(text, t.value)
	case t.compare == ">":
		return text > t.value
	case t.compare == ">=":
		return text >= t.value
	case t.compare == "<":
		return text < t.value
	case t.compare == "<=":
		return text <= t.value
	}
	return strings.Contains(text, t.value)
}

func (t *term) hitsStatus(st syncState) bool {
	switch t.value {
	case "in_progress":
		return st.inFlight()
	case "awaiting":
		return st.awaiting()
	case "completed":
		return st.status == statusCompleted
	case "failed":
		return st.failed()
	case "quarantined":
		return st.status == statusQuarantined
	}
	return t.hitsText(strings.ToLower(st.text))
}

func (t *term) compares(n float64) bool {
	c := cmp.Compare(n, t.number)
	switch t.compare {
	case ">":
		return c > 0
	case ">=":
		return c >= 0
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	}
	return c == 0
}
