package wire_test

import (
	"bytes"
	"maps"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/go-cmp/cmp"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/internal/wire"
	"github.com/longshore/longshore/stages/stage"
)

func death() wire.Death {
	found := samples()["found"]
	return wire.Death{
		Position: bus.Position{Topic: "longshore.acme-prod.found", Partition: 3, Offset: 42, Key: []byte("key\xff")},
		Envelope: &found,
		Failure:  stage.Failure{Class: stage.Permanent, Code: "access-denied", Message: "opening the object: access denied", Hint: "allow s3:GetObject"},
		Stage:    "fetch", Group: "longshore.acme-prod.fetch", Attempts: 5,
		FirstAt:  time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC),
		LastAt:   time.Date(2026, 11, 24, 9, 30, 0, 1, time.UTC),
		PlanHash: "1f2e",
	}
}

func TestDeadLetterKeepsTheRecordAndSaysWhy(t *testing.T) {
	in := message.NewMessage("id", []byte("\xff not JSON"))
	in.Metadata = message.Metadata{"ce_id": "id", "x": "\xfe", wire.HeaderReplayCount: "1"}
	before := maps.Clone(in.Metadata)
	out := wire.DeadLetter(in, death())
	if out.UUID != "id" || !bytes.Equal(out.Payload, in.Payload) {
		t.Errorf("the record became %q, %q", out.UUID, out.Payload)
	}
	if !maps.Equal(in.Metadata, before) {
		t.Error("the input was changed")
	}
	want := message.Metadata{
		"ce_id": "id", "x": "\xfe", "longshore.replay_count": "1",
		bus.KeyHeader:                 "key\xff",
		"__dlq.errors.topic":          "longshore.acme-prod.found",
		"__dlq.errors.partition":      "3",
		"__dlq.errors.offset":         "42",
		"__dlq.errors.group":          "longshore.acme-prod.fetch",
		"__dlq.errors.delivery.count": "5",
		"__dlq.errors.message":        "opening the object: access denied",
		"reason_poisoned":             "opening the object: access denied",
		"topic_poisoned":              "longshore.acme-prod.found",
		"handler_poisoned":            "fetch",
		"subscriber_poisoned":         "longshore.acme-prod.fetch",
		"longshore.error.class":       "permanent",
		"longshore.error.code":        "access-denied",
		"longshore.error.hint":        "allow s3:GetObject",
		"longshore.error.stage":       "fetch",
		"longshore.error.retryable":   "false",
		"longshore.error.first_at":    "2026-11-24T09:00:00Z",
		"longshore.error.last_at":     "2026-11-24T09:30:00.000000001Z",
		"longshore.error.attempts":    "5",
		"longshore.run_id":            "acme-prod",
		"longshore.object_id":         string(samples()["found"].ID),
		"longshore.plan_hash":         "1f2e",
	}
	if diff := cmp.Diff(want, out.Metadata); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestDeadLetterOfWhatCannotBeRead(t *testing.T) {
	d := death()
	d.Envelope, d.Position.Key, d.Attempts, d.FirstAt = nil, nil, 0, time.Time{}
	d.Failure = *stage.FailureOf(stage.Poisonf("decoding"))
	out := wire.DeadLetter(message.NewMessage("", nil), d)
	if out.Payload != nil {
		t.Error("a tombstone became a value")
	}
	for _, h := range []string{bus.KeyHeader, wire.HeaderRun, wire.HeaderObject, wire.HeaderErrorCode, wire.HeaderErrorHint} {
		if v, ok := out.Metadata[h]; ok {
			t.Errorf("%s is %q", h, v)
		}
	}
	if out.Metadata.Get(wire.HeaderErrorAttempts) != "1" || out.Metadata.Get(wire.HeaderErrorFirstAt) != out.Metadata.Get(wire.HeaderErrorLastAt) {
		t.Errorf("headers: %v", out.Metadata)
	}
}

func TestReplayedRecordsCarryNoOldErrors(t *testing.T) {
	in := message.NewMessage("id", []byte(minimal))
	in.Metadata = message.Metadata{"ce_id": "id", "traceparent": "t", wire.HeaderReplayOf: "x"}
	want := maps.Clone(in.Metadata)
	wire.SetNotBefore(in, time.Unix(0, 0), "topic")
	dead := wire.DeadLetter(in, death())
	clean := wire.WithoutErrors(dead.Metadata)
	delete(clean, bus.KeyHeader)
	if diff := cmp.Diff(want, clean); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestDeadLettersHoldNoSecrets(t *testing.T) {
	const secret = "0123456789abcdef"
	for _, text := range []string{
		`Get "https://bucket.s3.amazonaws.com/key?X-Amz-Credential=AKIA&X-Amz-Signature=` + secret + `": EOF`,
		`put https://user:` + secret + `@example.com/x: refused`,
		`dial https://` + secret + `@example.com/a?b=` + secret + `#c, then http://example.com?` + secret,
	} {
		d := death()
		d.Failure.Message, d.Failure.Hint = text, text
		out := wire.DeadLetter(message.NewMessage("id", nil), d)
		for k, v := range out.Metadata {
			if strings.Contains(v, secret) {
				t.Errorf("%s: %s", k, v)
			}
		}
	}
	d := death()
	d.Failure.Message = "is it there? see https://example.com/docs#a: no?"
	if got := wire.DeadLetter(message.NewMessage("id", nil), d).Metadata.Get(wire.HeaderDLQMessage); got != d.Failure.Message {
		t.Errorf("a harmless text became %q", got)
	}
}

func TestDeadLetterReasonsAreBounded(t *testing.T) {
	d := death()
	d.Failure.Message = "ä" + strings.Repeat("äöü€", 10_000) + "\xff"
	got := wire.DeadLetter(message.NewMessage("id", nil), d).Metadata.Get(wire.HeaderDLQMessage)
	if len(got) > 4096 || len(got) < 4000 || !utf8.ValidString(got) {
		t.Errorf("the reason has %d bytes, valid %t", len(got), utf8.ValidString(got))
	}
}

func TestDelayHeaders(t *testing.T) {
	m := message.NewMessage("id", nil)
	if _, _, ok := wire.NotBefore(m); ok {
		t.Error("a record that says nothing has a time")
	}
	at := time.Date(2026, 11, 24, 9, 30, 0, 7, time.FixedZone("", 3600))
	wire.SetNotBefore(m, at, "found")
	if got, topic, ok := wire.NotBefore(m); !ok || !got.Equal(at) || topic != "found" {
		t.Errorf("%s, %s, %t", got, topic, ok)
	}
}
