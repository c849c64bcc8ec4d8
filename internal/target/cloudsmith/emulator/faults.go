package emulator

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// Fault is something that goes wrong on purpose. The first group of fields
// says on which requests, the rest what happens; a fault may combine several.
type Fault struct {
	// ID is given by the Server.
	ID int `json:"id,omitempty"`

	// Role, Method, Route and Path must all fit; empty ones fit everything.
	// Route is a key of Stats.Requests without the method, such as
	// "/packages/{owner}/{repo}/upload/{format}/". Path is a pattern over the
	// path on its host, without /v1: * stands for anything within a segment, a
	// ** at the end for any rest.
	Role   Role   `json:"role,omitempty"`
	Method string `json:"method,omitempty"`
	Route  string `json:"route,omitempty"`
	Path   string `json:"path,omitempty"`
	// Nth fires on the nth fitting request only, from 1; Every on each of a
	// multiple; Times ends the fault after so many. All 0: on every one.
	Nth   int `json:"nth,omitempty"`
	Every int `json:"every,omitempty"`
	Times int `json:"times,omitempty"`

	// Latency passes before anything else happens.
	Latency Duration `json:"latency,omitempty"`

	// Status answers in place of the handler, which then has no effect; with
	// AfterEffect the handler does its work first.
	Status      int  `json:"status,omitempty"`
	AfterEffect bool `json:"after_effect,omitempty"`
	// RetryAfter, Headers and Body dress that answer. Without a Body it is the
	// API's own form, or a page of HTML with HTML.
	RetryAfter string            `json:"retry_after,omitempty"`
	Headers    map[string]string `json:"headers,omitempty"`
	Body       string            `json:"body,omitempty"`
	HTML       bool              `json:"html,omitempty"`
	// RemoveHeaders takes headers off whatever is answered. Headers without a
	// Status are set on whatever is answered.
	RemoveHeaders []string `json:"remove_headers,omitempty"`

	// AnswerLost does the work and closes the connection without an answer.
	AnswerLost bool `json:"answer_lost,omitempty"`
	// ResetRequest closes the connection after so many bytes of the request
	// body, ResetResponse after so many of the answer's; Truncate ends the
	// answer there in an orderly way, short of its Content-Length.
	ResetRequest  *int64 `json:"reset_request,omitempty"`
	ResetResponse *int64 `json:"reset_response,omitempty"`
	Truncate      *int64 `json:"truncate,omitempty"`
	// CorruptResponse flips a bit of the answer's body.
	CorruptResponse bool `json:"corrupt_response,omitempty"`

	// DiscardBytes answers an upload as usual and keeps nothing.
	DiscardBytes bool `json:"discard_bytes,omitempty"`
	// CorruptStored flips a bit of the bytes in the store: of the package that
	// the request creates, or of the upload that it sends.
	CorruptStored bool `json:"corrupt_stored,omitempty"`
	// Sync changes how the package that the request creates, copies or syncs
	// again is synchronised.
	Sync *SyncFault `json:"sync,omitempty"`
	// ListLag hides the package that the request creates from list and search
	// for so long.
	ListLag Duration `json:"list_lag,omitempty"`

	// Seen counts fitting requests, Fired those on which it happened.
	Seen  int `json:"seen"`
	Fired int `json:"fired"`
}

// SyncFault is what goes wrong in the synchronisation of a package.
type SyncFault struct {
	// Fail ends it as failed, with Reason or a null one.
	Fail   bool    `json:"fail,omitempty"`
	Reason *string `json:"reason,omitempty"`
	// Hang keeps it in progress for ever.
	Hang bool `json:"hang,omitempty"`
	// Delay replaces Options.SyncDelay.
	Delay *Duration `json:"delay,omitempty"`
}

// Duration is a time.Duration written as "1.5s".
type Duration time.Duration

// MarshalText writes d as time.Duration does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration does.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// check says everything that is wrong with f.
func (f Fault) check() error {
	var errs []error
	if _, err := path.Match(f.Path, ""); err != nil {
		errs = append(errs, fmt.Errorf("path: %w", err))
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		errs = append(errs, fmt.Errorf("status: %d is none", f.Status))
	}
	if f.Nth < 0 || f.Every < 0 || f.Times < 0 || f.Latency < 0 || f.ListLag < 0 {
		errs = append(errs, errors.New("numbers and durations must not be negative"))
	}
	if f.Status == 0 && (f.AfterEffect || f.RetryAfter != "" || f.Body != "" || f.HTML) {
		errs = append(errs, errors.New("after_effect, retry_after, body and html need a status"))
	}
	switch f.Role {
	case "", RoleAPI, RoleUpload, RoleS3, RoleDownload:
	default:
		errs = append(errs, fmt.Errorf("role: %q is none of api, upload, s3, dl", f.Role))
	}
	if f.idle() {
		errs = append(errs, errors.New("the fault does nothing"))
	}
	return errors.Join(errs...)
}

func (f Fault) idle() bool {
	return f.Latency == 0 && f.Status == 0 && len(f.Headers) == 0 && len(f.RemoveHeaders) == 0 &&
		!f.AnswerLost && f.ResetRequest == nil && f.ResetResponse == nil && f.Truncate == nil &&
		!f.CorruptResponse && !f.DiscardBytes && !f.CorruptStored && f.Sync == nil && f.ListLag == 0
}

// fits says whether f is meant for a request.
func (f Fault) fits(role Role, method, escaped, label string) bool {
	_, route, _ := strings.Cut(label, " ")
	return (f.Role == "" || f.Role == role) &&
		(f.Method == "" || strings.EqualFold(f.Method, method)) &&
		(f.Route == "" || strings.Trim(f.Route, "/") == strings.Trim(route, "/")) &&
		(f.Path == "" || matchPath(f.Path, escaped))
}

func matchPath(pattern, escaped string) bool {
	pattern, escaped = strings.Trim(pattern, "/"), strings.Trim(escaped, "/")
	if head, ok := strings.CutSuffix(pattern, "**"); ok {
		n := strings.Count(head, "/")
		parts := strings.Split(escaped, "/")
		if len(parts) <= n {
			return false
		}
		pattern, escaped = head+"*", strings.Join(parts[:n+1], "/")
	}
	matched, _ := path.Match(pattern, escaped)
	return matched
}

// due counts a fitting request and says whether the fault fires on it.
func (f *Fault) due() bool {
	f.Seen++
	switch {
	case f.Times > 0 && f.Fired >= f.Times,
		f.Nth > 0 && f.Seen != f.Nth,
		f.Every > 0 && f.Seen%f.Every != 0:
		return false
	}
	f.Fired++
	return true
}

// faultList holds the faults that are set.
type faultList struct {
	mu   sync.Mutex
	next int
	set  []*Fault
}

func (l *faultList) add(faults []Fault) []Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range faults {
		l.next++
		faults[i].ID, faults[i].Seen, faults[i].Fired = l.next, 0, 0
		kept := faults[i]
		l.set = append(l.set, &kept)
	}
	return faults
}

func (l *faultList) list() []Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Fault, len(l.set))
	for i, f := range l.set {
		out[i] = *f
	}
	return out
}

// remove takes one fault away and says whether it was there.
func (l *faultList) remove(id int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, f := range l.set {
		if f.ID == id {
			l.set = append(l.set[:i:i], l.set[i+1:]...)
			return true
		}
	}
	return false
}

func (l *faultList) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.set = nil
}

// match counts a request and returns what is to go wrong with it.
func (l *faultList) match(role Role, method, escaped, label string) effects {
	l.mu.Lock()
	defer l.mu.Unlock()
	var e effects
	for _, f := range l.set {
		if f.fits(role, method, escaped, label) && f.due() {
			e.add(*f)
		}
	}
	return e
}

// answer is what f.Status stands for.
func (f Fault) answer() reply {
	rep := reply{status: f.Status, header: http.Header{}}
	if f.RetryAfter != "" {
		rep.header.Set("Retry-After", f.RetryAfter)
	}
	switch {
	case f.Body != "":
		rep.body = []byte(f.Body)
		rep.header.Set("Content-Type", "application/json")
		if strings.HasPrefix(f.Body, "<") {
			rep.header.Set("Content-Type", "text/html")
		}
	case f.HTML:
		rep.body = []byte(fmt.Sprintf("<html><head><title>%d %s</title></head><body>oops</body></html>\n", f.Status, http.StatusText(f.Status)))
		rep.header.Set("Content-Type", "text/html")
	case f.Status != http.StatusNoContent:
		rep.body = detail(http.StatusText(f.Status) + ".")
	}
	for k, v := range f.Headers {
		rep.header.Set(k, v)
	}
	return rep
}
