package httpx

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryAfter reads how long an answer asks to wait, in both forms that HTTP
// allows. A date is taken relative to the answer's own Date, so that a wrong
// clock on either side does not matter; now stands in where there is none.
func RetryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0, false
	}
	if s, err := strconv.ParseFloat(v, 64); err == nil {
		if !(s >= 0) {
			return 0, false
		}
		// A year and an overflow mean the same to whoever has to wait.
		return time.Duration(min(s, 365*24*3600) * float64(time.Second)), true
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	return max(0, at.Sub(ServerTime(h, now))), true
}

// ServerTime is the answer's Date, or now where it has none.
func ServerTime(h http.Header, now time.Time) time.Time {
	if d, err := http.ParseTime(h.Get("Date")); err == nil {
		return d
	}
	return now
}
