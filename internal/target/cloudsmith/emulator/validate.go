package emulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
)

// maxJSON bounds a request that is no upload.
const maxJSON = 1 << 20

// object is a decoded JSON request.
type object map[string]any

// readObject decodes the body of a request. An empty one and null are empty
// objects: clients send both.
func readObject(r *http.Request) (object, error) {
	data, err := io.ReadAll(io.LimitReader(r.Body, maxJSON))
	if err != nil {
		return nil, bodyError(err)
	}
	if len(strings.TrimSpace(string(data))) == 0 {
		return object{}, nil
	}
	var in object
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	if err := dec.Decode(&in); err != nil {
		return nil, badRequest("JSON parse error - " + err.Error())
	}
	if in == nil {
		in = object{}
	}
	return in, nil
}

// limits of a text field, in characters; 0 for none.
type limits struct {
	required bool
	min, max int
	hex      bool
	pattern  *regexp.Regexp
}

// validator reads fields the way the real service's framework does: numbers
// are taken for text, blanks are trimmed, "true" is a boolean, null is absent.
// It collects what is wrong.
type validator struct {
	in     object
	fields map[string][]string
}

func (v *validator) refuse(name, text string) {
	if v.fields == nil {
		v.fields = map[string][]string{}
	}
	v.fields[name] = append(v.fields[name], text)
}

// err is the refusal, or nil.
func (v *validator) err() error {
	if v.fields == nil {
		return nil
	}
	return invalid(v.fields)
}

// text reads a string. What is refused comes back empty.
func (v *validator) text(name string, l limits) string {
	var value string
	switch t := v.in[name].(type) {
	case nil:
		if l.required {
			v.refuse(name, "This field is required.")
		}
		return ""
	case string:
		value = strings.TrimSpace(t)
	case json.Number:
		value = t.String()
	default:
		v.refuse(name, "Not a valid string.")
		return ""
	}
	n := runes(value)
	switch {
	case n == 0 && (l.required || l.min > 0):
		v.refuse(name, "This field may not be blank.")
	case n == 0:
	case l.max > 0 && n > l.max:
		v.refuse(name, fmt.Sprintf("Ensure this field has no more than %d characters.", l.max))
	case n < l.min:
		v.refuse(name, fmt.Sprintf("Ensure this field has at least %d characters.", l.min))
	case l.hex && !isHex(value), l.pattern != nil && !l.pattern.MatchString(value):
		v.refuse(name, "This value does not match the required pattern.")
	default:
		return value
	}
	return ""
}

// flag reads a boolean; nil if it is absent.
func (v *validator) flag(name string) *bool {
	switch t := v.in[name].(type) {
	case nil:
		return nil
	case bool:
		return &t
	case string:
		if b, known := parseBool(strings.TrimSpace(t)); known {
			return &b
		}
	case json.Number:
		if b, known := parseBool(t.String()); known {
			return &b
		}
	}
	v.refuse(name, "Must be a valid boolean.")
	return nil
}

// list reads an array of strings.
func (v *validator) list(name string) []string {
	if v.in[name] == nil {
		return nil
	}
	items, isArray := v.in[name].([]any)
	if !isArray {
		v.refuse(name, "Expected a list of items.")
		return nil
	}
	var out []string
	for _, item := range items {
		text, isText := item.(string)
		if !isText {
			v.refuse(name, "Not a valid string.")
			return nil
		}
		out = append(out, strings.TrimSpace(text))
	}
	return out
}

func parseBool(s string) (value, known bool) {
	switch strings.ToLower(s) {
	case "true", "t", "1", "yes", "y", "on":
		return true, true
	case "false", "f", "0", "no", "n", "off", "":
		return false, true
	}
	return false, false
}
