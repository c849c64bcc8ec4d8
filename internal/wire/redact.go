package wire

import "regexp"

// redact removes from an error text what a URL in it may give away: the user
// part and the query, where presigned URLs keep their signature (I7). Drivers
// already keep such URLs out of their errors; a header outlives a mistake.
func redact(s string) string {
	s = urlUser.ReplaceAllString(s, "${1}[redacted]@")
	return urlQuery.ReplaceAllString(s, "${1}?[redacted]")
}

var (
	urlUser  = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)[^/@\s"'?#]+@`)
	urlQuery = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://[^\s"'?#]*)\?[^\s"']+`)
)
