package bindings

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

// TestLimits tries, for every format, what the OpenAPI document says about the
// fields of the create request: required ones must be there, blank ones and
// long ones are refused, and so is what does not fit a pattern. The client
// itself refuses to send some of it, so the requests are made by hand.
func TestLimits(t *testing.T) {
	l := newLab(t, emulator.Options{})
	for _, u := range uploads() {
		schema := document(t).schema(u.name + "PackageUploadRequest")
		if schema == nil {
			t.Fatalf("the document does not know %s", u.name)
		}
		for _, call := range []string{"validate-upload", "upload"} {
			t.Run(u.name+" "+call, func(t *testing.T) {
				l := l.at(t)
				in := u.request(t, func(filename string) string { return filename })
				url := l.server.URL + "/packages/" + owner + "/" + repo + "/" + call + "/" + strings.ToLower(u.name) + "/"
				for name := range schema.at("properties") {
					l.tryField(url, in, name, schema)
				}
			})
		}
	}
}

// tryField sends in with one field changed against the document.
func (l *lab) tryField(url, in, name string, schema node) {
	property := schema.at("properties", name)
	if property["readOnly"] == true {
		return
	}
	wrong := map[string]any{}
	if slices.Contains(schema.names("required"), name) {
		wrong["is missing"] = nil
	}
	if _, set := property.number("minLength"); set && property["type"] == "string" {
		wrong["is blank"] = " "
	}
	if most, set := property.number("maxLength"); set {
		wrong["is too long"] = strings.Repeat("x", int(most)+1)
	}
	if property["pattern"] != nil {
		wrong["does not fit the pattern"] = "no blanks!"
	}
	switch property["type"] {
	case "boolean":
		wrong["is no boolean"] = "perhaps"
	case "array":
		wrong["is no array"] = "text"
	case "string":
		wrong["is no text"] = []string{"text"}
	}
	for what, value := range wrong {
		var fields map[string]any
		l.ok(json.Unmarshal([]byte(in), &fields))
		fields[name] = value
		body, err := json.Marshal(fields)
		l.ok(err)
		answer := l.send(http.MethodPost, url, strings.NewReader(string(body)), 422)
		var refusal struct {
			Code   string              `json:"code"`
			Fields map[string][]string `json:"fields"`
		}
		l.ok(json.Unmarshal([]byte(answer), &refusal))
		if len(refusal.Fields[name]) == 0 || refusal.Code != "invalid" {
			l.t.Errorf("%s %s: the answer does not say so: %s", name, what, answer)
		}
	}
}
