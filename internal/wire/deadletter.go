package wire

import (
	"maps"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/stages/stage"
)

// Death is why a record is given up.
type Death struct {
	// Position is where the record lay.
	Position bus.Position
	// Envelope is what it held, nil if it could not be decoded.
	Envelope *stage.Envelope
	// Failure is the reason.
	Failure stage.Failure
	// Stage gave up; Group is its consumer group.
	Stage string
	Group string
	// Attempts counts the attempts made in this stage, the last one included.
	Attempts int
	// FirstAt and LastAt are the times of the first and the last failure. A
	// zero FirstAt means that there was only one.
	FirstAt, LastAt time.Time
	// PlanHash names the plan that ran, where known.
	PlanHash string
}

// maxReason bounds texts in headers, in bytes.
const maxReason = 4 << 10

// DeadLetter is the record in for the failed topic: value and key as they
// came, byte for byte, its headers less those of an earlier failure or delay,
// plus the reason. The engine publishes it before the input is acknowledged
// (I1).
func DeadLetter(in *message.Message, d Death) *message.Message {
	m := message.NewMessage(in.UUID, in.Payload)
	m.Metadata = WithoutErrors(in.Metadata)
	delete(m.Metadata, bus.KeyHeader)
	if len(d.Position.Key) > 0 {
		m.Metadata[bus.KeyHeader] = string(d.Position.Key)
	}
	first := d.FirstAt
	if first.IsZero() {
		first = d.LastAt
	}
	reason := clip(redact(d.Failure.Message))
	attempts := strconv.Itoa(max(d.Attempts, 1))
	maps.Copy(m.Metadata, message.Metadata{
		HeaderDLQTopic:      d.Position.Topic,
		HeaderDLQPartition:  strconv.Itoa(int(d.Position.Partition)),
		HeaderDLQOffset:     strconv.FormatInt(d.Position.Offset, 10),
		HeaderDLQGroup:      d.Group,
		HeaderDLQDeliveries: attempts,
		HeaderDLQMessage:    reason,

		headerPoisonReason:     reason,
		headerPoisonTopic:      d.Position.Topic,
		headerPoisonHandler:    d.Stage,
		headerPoisonSubscriber: d.Group,

		HeaderErrorClass:     string(d.Failure.Class),
		HeaderErrorStage:     d.Stage,
		HeaderErrorRetryable: strconv.FormatBool(retryable(d.Failure.Class)),
		HeaderErrorFirstAt:   first.UTC().Format(time.RFC3339Nano),
		HeaderErrorLastAt:    d.LastAt.UTC().Format(time.RFC3339Nano),
		HeaderErrorAttempts:  attempts,
	})
	setIf(m.Metadata, HeaderErrorCode, d.Failure.Code)
	setIf(m.Metadata, HeaderErrorHint, clip(redact(d.Failure.Hint)))
	setIf(m.Metadata, HeaderPlanHash, d.PlanHash)
	if e := d.Envelope; e != nil {
		setIf(m.Metadata, HeaderRun, string(e.Run))
		setIf(m.Metadata, HeaderObject, string(e.ID))
	}
	return m
}

// retryable says whether replaying the record later may help without anybody
// changing it.
func retryable(c stage.Class) bool {
	return c == stage.Retryable || c == stage.Throttled || c == stage.Halted
}

func setIf(md message.Metadata, key, value string) {
	if value != "" {
		md[key] = value
	}
}

// WithoutErrors copies md without what an earlier failure or delay left
// behind. A record that is replayed must not carry it forward.
func WithoutErrors(md message.Metadata) message.Metadata {
	out := make(message.Metadata, len(md))
	for k, v := range md {
		if !ofFailure(k) {
			out[k] = v
		}
	}
	return out
}

func ofFailure(key string) bool {
	switch key {
	case headerPoisonReason, headerPoisonTopic, headerPoisonHandler, headerPoisonSubscriber,
		HeaderRun, HeaderObject, HeaderPlanHash, HeaderNotBefore, HeaderOriginalTopic:
		return true
	}
	return strings.HasPrefix(key, "__dlq.errors.") || strings.HasPrefix(key, "longshore.error.")
}

// clip shortens s to maxReason without cutting a character in two, and makes
// it valid UTF-8, since header readers expect text.
func clip(s string) string {
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	if len(s) <= maxReason {
		return s
	}
	const more = "…"
	cut := maxReason - len(more)
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + more
}
