package emulator

import (
	"errors"
	"fmt"
	"path"
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
	// the request creates, or of the upload that it sends or completes.
	CorruptStored bool `json:"corrupt_stored,omitempty"`
	// Sync changes how the package that the request creates, copies or syncs
	// again is synchronised.
	Sync *SyncFault `json:"sync,omitempty"`
	// ListLag hides the package that the request creates from list and search
	// for so long. A fault of CorruptStored, Sync or ListLag that says nothing
	// about requests fits those that create a package.
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

// createRoute is where packages come into being.
const createRoute = "/packages/{owner}/{repo}/upload/{format}/"

// aimed returns f with its default aim.
func (f Fault) aimed() Fault {
	aimless := f.Role == "" && f.Method == "" && f.Route == "" && f.Path == ""
	if aimless && (f.CorruptStored || f.Sync != nil || f.ListLag != 0) {
		f.Route = createRoute
	}
	return f
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
