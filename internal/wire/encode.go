package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/stages/stage"
)

// MaxValue is the size in bytes that no value may exceed. Encode refuses a
// larger one as Permanent, Decode as Poison.
const MaxValue = 1 << 20

// Origin is where a record comes from.
type Origin struct {
	// Stage writes the record; "run" stands for the start of a migration.
	Stage string
	// At is when; it goes into ce_time.
	At time.Time
	// Trace is the traceparent header of the input, if the record is about
	// the same object. Otherwise, or if it is not valid, the record starts the
	// object's own trace.
	Trace string
}

// Encode makes the record of e. Its UUID, ids and headers are a pure function
// of e and from; only the time and the trace depend on from's At and Trace. An
// envelope that would not come back as it is gives a Permanent error.
func Encode(e stage.Envelope, from Origin) (*message.Message, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, stage.NotRetryable(fmt.Errorf("encoding an envelope: %w", err), stage.Code("encode"))
	}
	value := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if err := check(e, value); err != nil {
		return nil, stage.NotRetryable(fmt.Errorf("encoding an envelope: %w", err), stage.Code("encode"))
	}
	id := idOf(e, from.Stage)
	m := message.NewMessage(id, value)
	m.Metadata = message.Metadata{
		bus.KeyHeader:     string(e.ID),
		HeaderSpecVersion: "1.0",
		HeaderID:          id,
		HeaderType:        typeOf(e, from.Stage),
		HeaderSource:      "/longshore/" + string(e.Run) + "/" + from.Stage,
		HeaderTime:        from.At.UTC().Format(time.RFC3339Nano),
		HeaderSchema:      Current().URN(),
		HeaderContentType: "application/json",
		HeaderTrace:       traceOf(e, from),
	}
	if subject := subjectOf(e); subject != "" {
		m.Metadata[HeaderSubject] = subject
	}
	return m, nil
}

func check(e stage.Envelope, value []byte) error {
	switch {
	case e.Run == "":
		return errNoRun
	case e.ID == "":
		return errNoID
	case len(value) > MaxValue:
		return fmt.Errorf("it has %d bytes, more than %d", len(value), MaxValue)
	case replacesInvalidUTF8(value):
		return errInvalidUTF8
	}
	return nil
}

// replacesInvalidUTF8 says whether the JSON encoder put replacement characters
// in place of bytes that it could not write. It writes those as an escape
// sequence, and the character itself as it is; an escaped backslash before the
// letters is neither.
func replacesInvalidUTF8(value []byte) bool {
	mark := []byte("ufffd")
	for i := 0; ; {
		n := bytes.Index(value[i:], mark)
		if n < 0 {
			return false
		}
		i += n
		slashes := 0
		for j := i - 1; j >= 0 && value[j] == '\\'; j-- {
			slashes++
		}
		if slashes%2 == 1 {
			return true
		}
		i += len(mark)
	}
}

func typeOf(e stage.Envelope, stageName string) string {
	kind := stageName
	if e.Artifact.Transition != nil {
		kind = "transition"
	}
	return "longshore." + kind + ".v" + strconv.Itoa(Current().Major)
}
