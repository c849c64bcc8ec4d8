package emulator

import (
	"fmt"
	"net/http"
	"strings"
)

// apiError is a refusal in the form of the API. A nil fields makes the short
// form.
type apiError struct {
	status int
	detail string
	fields map[string][]string
	header http.Header
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s", e.status, e.detail) }

// errorBody is what a refusal looks like on the wire.
type errorBody struct {
	Detail string              `json:"detail"`
	Code   string              `json:"code,omitempty"`
	Fields map[string][]string `json:"fields,omitempty"`
}

func detail(text string) errorBody { return errorBody{Detail: text} }

func (e *apiError) reply() reply {
	b := errorBody{Detail: e.detail, Fields: e.fields}
	if e.fields != nil {
		b.Code = "invalid"
	}
	return reply{status: e.status, header: e.header, body: b}
}

var (
	errNotFound  = &apiError{status: http.StatusNotFound, detail: "Not found."}
	errAnonymous = &apiError{status: http.StatusUnauthorized, detail: "Authentication credentials were not provided."}
	errBadKey    = &apiError{status: http.StatusUnauthorized, detail: "Invalid token."}
	errBadPage   = &apiError{status: http.StatusNotFound, detail: "Invalid page."}
	errForbidden = &apiError{status: http.StatusForbidden, detail: "You do not have permission to perform this action."}
	errBandwidth = &apiError{status: http.StatusPaymentRequired, detail: "The bandwidth quota of this workspace is used up."}
	errAuditLog  = &apiError{status: http.StatusPaymentRequired, detail: "The audit log is not part of this plan."}
	errNoParts   = badRequest("This is not a multi-part upload.")
	errNoLength  = &apiError{status: http.StatusLengthRequired, detail: "A Content-Length is required."}
	errTooLarge  = &apiError{status: http.StatusRequestEntityTooLarge, detail: "The request is larger than 5 GB."}
	errShort     = badRequest("The request body ended before the announced length.")
)

func badRequest(text string) *apiError {
	return &apiError{status: http.StatusBadRequest, detail: text}
}

func errMethod(method string, allowed []string) *apiError {
	return &apiError{
		status: http.StatusMethodNotAllowed,
		detail: fmt.Sprintf("Method %q not allowed.", method),
		header: http.Header{"Allow": {strings.Join(allowed, ", ")}},
	}
}

// invalid refuses fields of a request.
func invalid(fields map[string][]string) *apiError {
	return &apiError{status: http.StatusUnprocessableEntity, detail: "Invalid input.", fields: fields}
}

func invalidField(name, text string) *apiError {
	return invalid(map[string][]string{name: {text}})
}
