package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/longshore/longshore/stages/stage"
)

// traceOf hands the trace of the input on, or starts the object's own. An
// object has one trace for all its way, so its id comes from the object and
// not from chance: a worker that starts over after a crash finds the same.
func traceOf(e stage.Envelope, from Origin) string {
	if validTrace(from.Trace) {
		return from.Trace
	}
	h := sha256.New()
	part(h, "trace", string(e.Run), string(e.ID), revisionOf(e))
	sum := h.Sum(nil)
	return "00-" + hex.EncodeToString(sum[:16]) + "-" + hex.EncodeToString(sum[16:24]) + "-01"
}

// validTrace checks a traceparent by W3C Trace Context: any version but ff,
// ids that are not all zeros; later versions may append fields.
func validTrace(s string) bool {
	m := traceForm.FindStringSubmatch(s)
	if m == nil || m[1] == "ff" { //nolint:gocritic // a match has all its groups
		return false
	}
	if m[1] == "00" && m[4] != "" {
		return false
	}
	return strings.Trim(m[2], "0") != "" && strings.Trim(m[3], "0") != ""
}

var traceForm = regexp.MustCompile(`^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$`)
