package emulator

import (
	"net/http"
	"strings"
)

// access says who may call a route.
type access int

const (
	// forUser wants the key; without one the answer is 401.
	forUser access = iota //nolint:unused // what a route has that says nothing
	// forAnyone takes anonymous callers too, but a wrong key is still 401.
	forAnyone
	// open does not look at credentials.
	open
	// hidden answers 404 instead of 401, as the upload and download hosts do.
	hidden
)

// admit checks the credentials of a call.
func (s *Server) admit(c *call, a access) error {
	if a == open {
		return nil
	}
	switch {
	case c.signedIn, a == forAnyone && !c.keyGiven:
		return nil
	case a == hidden:
		return errNotFound
	case c.keyGiven:
		return errBadKey
	default:
		return errAnonymous
	}
}

// credentials takes the key out of a request. X-Api-Key wins over
// Authorization: a .netrc file makes the official client send both.
func credentials(r *http.Request, plainBearer bool) (key string, given bool) {
	if k := r.Header.Get("X-Api-Key"); k != "" {
		return k, true
	}
	if _, password, ok := r.BasicAuth(); ok {
		return password, true
	}
	scheme, value, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok {
		return "", false
	}
	switch strings.ToLower(scheme) {
	case "token":
		return strings.TrimSpace(value), true
	case "bearer":
		if plainBearer {
			return strings.TrimSpace(value), true
		}
		return "", true
	}
	return "", false
}
