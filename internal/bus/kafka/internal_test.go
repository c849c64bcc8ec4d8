package kafka

import (
	"errors"
	"fmt"
	"testing"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/stages/stage"
)

func TestMarshalerNeverFails(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]*sarama.ConsumerMessage{
		"an empty record":       {},
		"a header that is nil":  {Headers: []*sarama.RecordHeader{nil}},
		"a header without name": {Headers: []*sarama.RecordHeader{{Value: []byte("v")}}},
		"an empty UUID":         {Headers: []*sarama.RecordHeader{{Key: []byte("_watermill_message_uuid")}}},
	} {
		m, err := marshaler{}.Unmarshal(in)
		if err != nil || m.UUID == "" {
			t.Errorf("%s: %+v, %v", name, m, err)
			continue
		}
		if _, err := (marshaler{}).Marshal("topic", m); err != nil {
			t.Errorf("%s, sent on: %v", name, err)
		}
	}
}

func TestMarshalerKeepsTheKeyOutOfTheHeaders(t *testing.T) {
	t.Parallel()
	m := message.NewMessage("id", nil)
	m.Metadata = message.Metadata{bus.KeyHeader: "key", "h": "v", "_watermill_message_uuid": "of an earlier record"}
	out, err := marshaler{}.Marshal("topic", m)
	if err != nil {
		t.Fatal(err)
	}
	headers := map[string]string{}
	for _, h := range out.Headers {
		headers[string(h.Key)] = string(h.Value)
	}
	if len(out.Headers) != 2 || headers["h"] != "v" || headers["_watermill_message_uuid"] != "id" {
		t.Errorf("the headers are %v", headers)
	}
	if key, _ := out.Key.Encode(); string(key) != "key" {
		t.Errorf("the key is %q", key)
	}
	in, _ := marshaler{}.Unmarshal(&sarama.ConsumerMessage{Headers: []*sarama.RecordHeader{{Key: []byte(bus.KeyHeader), Value: []byte("forged")}}})
	if _, ok := in.Metadata[bus.KeyHeader]; ok {
		t.Error("a header on the wire passes for the key")
	}
}

func TestErrorClasses(t *testing.T) {
	t.Parallel()
	o := Options{Brokers: []string{"broker:9092"}, ClientID: "longshore"}
	for _, test := range []struct {
		err   error
		class stage.Class
		code  string
	}{
		{sarama.ErrOutOfBrokers, stage.Retryable, "kafka-unreachable"},
		{fmt.Errorf("sending: %w", sarama.ErrNotLeaderForPartition), stage.Retryable, ""},
		{sarama.ErrUnknownTopicOrPartition, stage.Retryable, "topic-missing"},
		{sarama.ErrMessageSizeTooLarge, stage.Permanent, "record-too-large"},
		{sarama.ErrTopicAuthorizationFailed, stage.Halted, "kafka-access-denied"},
		{sarama.ErrSASLAuthenticationFailed, stage.Halted, "kafka-access-denied"},
		{errors.New("anything else"), stage.Retryable, ""},
	} {
		err := o.explain("publishing to found", test.err)
		f := stage.FailureOf(err)
		if f.Class != test.class || f.Code != test.code || !errors.Is(err, test.err) {
			t.Errorf("%v: %+v", test.err, f)
		}
		if f.Code != "" && f.Hint == "" {
			t.Errorf("%v: no hint", test.err)
		}
	}
}

func TestClaimsCountRecordsNotDeliveries(t *testing.T) {
	t.Parallel()
	c := newClaims()
	p := partition{"topic", 3}
	check := func(offset int64, wantBacklog bool, wantSince int64) {
		t.Helper()
		if backlog, since := c.seen(p, offset); backlog != wantBacklog || since != wantSince {
			t.Errorf("offset %d: backlog %t, since %d", offset, backlog, since)
		}
	}
	check(5, true, 0) // no claim is known
	c.start(p, 12)
	check(10, true, 0)
	check(10, true, 0)
	check(11, true, 1)
	check(14, false, 2) // offsets may have gaps
	c.start(p, 14)
	check(14, false, 0)
}
