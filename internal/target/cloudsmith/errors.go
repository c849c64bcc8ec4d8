package cloudsmith

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// snippetBytes of an error body are kept.
const snippetBytes = 1 << 10

// refusal is an answer other than success.
type refusal struct {
	label  string // "POST /packages/acme/lab/upload/generic/", never with a query
	status int
	detail string
	fields map[string][]string
	api    bool // the body had the API's own form
	html   bool // the body came from something in between
	wait   time.Duration
	waits  bool // the answer asked for patience
}

func (r *refusal) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d %s", r.label, r.status, http.StatusText(r.status))
	if r.detail != "" {
		b.WriteString(": " + r.detail)
	}
	for i, name := range sortedKeys(r.fields) {
		b.WriteString([]string{" (", "; "}[min(i, 1)])
		b.WriteString(name + ": " + strings.Join(r.fields[name], " "))
	}
	if len(r.fields) > 0 {
		b.WriteString(")")
	}
	return b.String()
}

func sortedKeys(m map[string][]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// saysDuplicate looks for the words with which the service says that the
// coordinates are taken. There is no code for it, so its documented words are
// the protocol. They only decide whether an entry that cannot be found yet is
// worth another look; that one exists is always seen by looking.
func saysDuplicate(words string) bool {
	words = strings.ToLower(words)
	return strings.Contains(words, "already exist") || strings.Contains(words, "should be deleted")
}

// urlQuery matches the query of a URL, which may be a signature.
var urlQuery = regexp.MustCompile(`(https?://[^\s"'<>?]+)\?[^\s"'<>]+`)

// readRefusal reads the answer's body as far as it helps, without key and
// signatures.
func readRefusal(label string, resp *http.Response, key string) *refusal {
	raw, _ := io.ReadAll(io.LimitReader(resp.Body, snippetBytes*16))
	r := &refusal{label: label, status: resp.StatusCode}
	mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	trimmed := bytes.TrimSpace(raw)
	r.html = mediaType == "text/html" || bytes.HasPrefix(trimmed, []byte("<!")) || bytes.HasPrefix(trimmed, []byte("<html"))

	var body struct {
		Detail *string             `json:"detail"`
		Fields map[string]wordList `json:"fields"`
	}
	if !r.html && json.Unmarshal(trimmed, &body) == nil && body.Detail != nil {
		r.api = true
		r.detail = clean(*body.Detail, key)
		r.fields = map[string][]string{}
		for name, words := range body.Fields {
			r.fields[clean(name, key)] = []string{clean(strings.Join(words, " "), key)}
		}
		return r
	}
	if r.html {
		r.detail = "a page of HTML instead of the API's answer"
		return r
	}
	r.detail = clean(string(trimmed), key)
	return r
}

// clean makes text from outside fit for a message: one line of at most 1 KB,
// without the key and without the queries of URLs.
func clean(s, key string) string {
	s = strings.ToValidUTF8(s, "?")
	if key != "" {
		s = strings.ReplaceAll(s, key, "***")
	}
	s = urlQuery.ReplaceAllString(s, "$1?***")
	s = strings.Join(strings.FieldsFunc(s, func(c rune) bool { return c <= ' ' || c == 0x7f }), " ")
	if len(s) > snippetBytes {
		s = strings.ToValidUTF8(s[:snippetBytes], "") + "…"
	}
	return s
}

// wordList reads what should be a list of strings, and tolerates anything.
type wordList []string

// UnmarshalJSON keeps the raw text of what is no list of strings.
func (w *wordList) UnmarshalJSON(raw []byte) error {
	if json.Unmarshal(raw, (*[]string)(w)) != nil {
		*w = []string{strings.Trim(string(raw), `"`)}
	}
	return nil
}

// transportError: there was no whole answer. sent says that the request may
// have reached the server.
type transportError struct {
	label string
	sent  bool
	err   error
}

func (e *transportError) Error() string { return e.label + ": " + e.err.Error() }
func (e *transportError) Unwrap() error { return e.err }

// The reasons why we end a call ourselves.
var (
	errTimeout = errors.New("no answer in time")
	errIdle    = errors.New("nothing moved for too long")
)

// classify is the table from what the wire shows to the class of the error.
// Calls that know more about a status overrule it.
func (c *client) classify(r *refusal) error {
	switch s := r.status; {
	case s == http.StatusUnauthorized:
		return stage.Halt(r, stage.Code("unauthorized"),
			stage.Hint("set CLOUDSMITH_API_KEY to a key that is valid at %s", c.api.Host))

	case s == http.StatusPaymentRequired:
		return stage.Halt(r, stage.Code("plan-limit"),
			stage.Hint("the plan of %s does not allow this or its quota is used up: compare usage and limits with GET %s/quota/%s/", c.owner, c.api, c.owner))

	case s == http.StatusForbidden:
		// Full storage looks like a missing permission, and only the account
		// can tell them apart.
		return stage.Halt(r, stage.Code("forbidden"),
			stage.Hint("either the owner of CLOUDSMITH_API_KEY may not write to %s/%s (see the repository's privileges), or the storage of %s is full (GET %s/quota/%s/ shows used against configured)", c.owner, c.repo, c.owner, c.api, c.owner))

	case s == http.StatusTooManyRequests:
		return stage.SlowDown(r, r.wait, stage.Code("throttled"))

	case s == http.StatusServiceUnavailable && r.waits:
		return stage.SlowDown(r, r.wait, stage.Code("unavailable"))

	case s == http.StatusRequestTimeout, s == http.StatusTooEarly, s >= 500, s < 400:
		return stage.Retry(r, stage.Code("unavailable"))

	case r.html:
		// A proxy or firewall spoke, not the API, so the status says nothing
		// about the artifact.
		return stage.Retry(r, stage.Code("unavailable"))

	case s == http.StatusNotFound:
		// All calls that get here are below the repository. The service also
		// hides what the key may not see.
		return stage.Halt(r, stage.Code("no-repository"),
			stage.Hint("check --target %s/%s: there is no such repository at %s, or the owner of CLOUDSMITH_API_KEY may not see it", c.owner, c.repo, c.api.Host))

	case s == http.StatusRequestEntityTooLarge:
		return stage.NotRetryable(r, stage.Code("too-large"),
			stage.Hint("the service does not take an upload of this size in one request: lower the multipart threshold"))

	default:
		// 400, 409, 422 and their like: this artifact, as it is, is refused.
		return stage.NotRetryable(r, stage.Code("refused"))
	}
}

// statusOf returns the status of the refusal in err's chain, 0 if there is
// none.
func statusOf(err error) int {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.status
	}
	return 0
}

// retryable says that err is about this one call: the line or the server, not
// credentials, budget or the artifact.
func retryable(err error) bool { return stage.ClassOf(err) == stage.Retryable }
