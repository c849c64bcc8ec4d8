package bindings

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// spec is the OpenAPI document inside the client's module.
type spec struct{ root node }

// node is a mapping of the document.
type node map[string]any

func (n node) at(keys ...string) node {
	for _, k := range keys {
		n, _ = n[k].(node)
	}
	return n
}

func (n node) names(key string) []string {
	var out []string
	items, _ := n[key].([]any)
	for _, item := range items {
		out = append(out, fmt.Sprint(item))
	}
	return out
}

func (n node) number(key string) (float64, bool) {
	v, err := strconv.ParseFloat(fmt.Sprint(n[key]), 64)
	return v, err == nil
}

// readDocument reads the document once; it has 53,000 lines.
var readDocument = sync.OnceValues(func() (*spec, error) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/cloudsmith-io/cloudsmith-api-go").Output()
	if err != nil {
		return nil, fmt.Errorf("finding the client's module: %w", err)
	}
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "api", "openapi.yaml"))
	if err != nil {
		return nil, err
	}
	s := &spec{}
	return s, yaml.Unmarshal(data, &s.root)
})

func document(t *testing.T) *spec {
	t.Helper()
	s, err := readDocument()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *spec) schema(name string) node { return s.root.at("components", "schemas", name) }

// operation finds what the document says of a request. Of several paths that
// fit, the one with the most literal segments counts.
func (s *spec) operation(method, path string) node {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	var best node
	bestRank := -1
	for pattern := range s.root.at("paths") {
		rank := fit(strings.Split(strings.Trim(pattern, "/"), "/"), parts)
		if op := s.root.at("paths", pattern, strings.ToLower(method)); op != nil && rank > bestRank {
			best, bestRank = op, rank
		}
	}
	return best
}

// fit counts the literal segments of a pattern that parts fit; -1 if they do
// not.
func fit(pattern, parts []string) int {
	if len(pattern) != len(parts) {
		return -1
	}
	rank := 0
	for i, p := range pattern {
		switch {
		case p == parts[i]:
			rank++
		case !strings.HasPrefix(p, "{"):
			return -1
		}
	}
	return rank
}

// check compares an answer with the document. Statuses that the document
// declares nowhere, such as 401 and 402, only have to be errors of the API's
// own form.
func (s *spec) check(method, path string, resp *http.Response, body []byte) []string {
	op := s.operation(method, path)
	if op == nil {
		return []string{"the document has no such call"}
	}
	answer := op.at("responses", strconv.Itoa(resp.StatusCode))
	if answer == nil {
		if resp.StatusCode < 400 {
			return []string{"the document has no such status"}
		}
		return s.checkBody(s.schema("ErrorDetail"), body)
	}
	for _, media := range answer.at("content") {
		return s.checkBody(media.(node).at("schema"), body)
	}
	if len(strings.TrimSpace(string(body))) > 0 {
		return []string{"the document has no body here"}
	}
	return nil
}

func (s *spec) checkBody(schema node, body []byte) []string {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return []string{err.Error()}
	}
	c := checker{spec: s}
	c.value("answer", schema, v)
	return c.problems
}

// checker collects what is wrong with a value.
type checker struct {
	spec     *spec
	problems []string
}

func (c *checker) wrong(at, format string, args ...any) {
	c.problems = append(c.problems, at+" "+fmt.Sprintf(format, args...))
}

// value compares v with a schema. Two departures from the document: checksums
// are null until a package is synchronised, and what it calls a decimal string
// is a number to the client, which it was made for. Every documented property has to be there,
// whether the document requires it or not: a client may read it. Properties
// that are not documented are allowed, as clients must allow them.
func (c *checker) value(at string, schema node, v any) {
	if ref, is := schema["$ref"].(string); is {
		// The document has no way to say that a reference may be null.
		if v == nil {
			return
		}
		c.value(at, c.spec.schema(ref[strings.LastIndex(ref, "/")+1:]), v)
		return
	}
	if v == nil {
		if schema["nullable"] != true && !strings.Contains(at, ".checksum_") {
			c.wrong(at, "is null")
		}
		return
	}
	if enum := schema.names("enum"); len(enum) > 0 && !slices.Contains(enum, fmt.Sprint(v)) {
		c.wrong(at, "is %v, want one of %v", v, enum)
	}
	kind := schema["type"]
	if schema["format"] == "decimal" {
		kind = "number"
	}
	switch kind {
	case "object":
		c.object(at, schema, v)
	case "array":
		items, is := v.([]any)
		if !is {
			c.wrong(at, "is %T, want an array", v)
		}
		for i, item := range items {
			c.value(fmt.Sprintf("%s[%d]", at, i), schema.at("items"), item)
		}
	case "string":
		c.text(at, schema, v)
	case "boolean":
		if _, is := v.(bool); !is {
			c.wrong(at, "is %T, want a boolean", v)
		}
	case "integer", "number":
		n, is := v.(float64)
		if !is || kind == "integer" && n != float64(int64(n)) {
			c.wrong(at, "is %v, want a %s", v, kind)
		}
	}
}

func (c *checker) object(at string, schema node, v any) {
	fields, is := v.(map[string]any)
	if !is {
		c.wrong(at, "is %T, want an object", v)
		return
	}
	optional := at == "answer" && schema.at("properties")["fields"] != nil && schema.at("properties")["detail"] != nil
	for name, property := range schema.at("properties") {
		value, there := fields[name]
		switch {
		case there:
			c.value(at+"."+name, property.(node), value)
		case !optional || slices.Contains(schema.names("required"), name):
			c.wrong(at, "lacks %s", name)
		}
	}
	if rest, is := schema["additionalProperties"].(node); is && len(schema.at("properties")) == 0 {
		for name, value := range fields {
			c.value(at+"."+name, rest, value)
		}
	}
}

func (c *checker) text(at string, schema node, v any) {
	text, is := v.(string)
	if !is {
		c.wrong(at, "is %T, want a string", v)
		return
	}
	n := float64(utf8.RuneCountInString(text))
	if least, set := schema.number("minLength"); set && n < least {
		c.wrong(at, "%q is too short", text)
	}
	if most, set := schema.number("maxLength"); set && n > most {
		c.wrong(at, "%q is too long", text)
	}
}
