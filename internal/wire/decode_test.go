package wire_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/go-cmp/cmp"

	"github.com/longshore/longshore/internal/wire"
	"github.com/longshore/longshore/stages/stage"
)

const minimal = `{"run":"r","id":"i","artifact":{}}`

func record(value, schema string) *message.Message {
	m := message.NewMessage("id", []byte(value))
	if schema != "" {
		m.Metadata.Set(wire.HeaderSchema, schema)
	}
	return m
}

func TestDecodeParksWhatItCannotUnderstand(t *testing.T) {
	for name, m := range map[string]*message.Message{
		"a tombstone":                    message.NewMessage("id", nil),
		"an empty value":                 record("", ""),
		"no JSON":                        record("PK\x03\x04", ""),
		"JSON that is no object":         record(`[]`, ""),
		"null":                           record(`null`, ""),
		"half an object":                 record(minimal[:20], ""),
		"something behind it":            record(minimal+`{}`, ""),
		"a brace behind it":              record(minimal+`}`, ""),
		"invalid UTF-8":                  record(`{"run":"r","id":"`+"\xff"+`","artifact":{}}`, ""),
		"no run":                         record(`{"id":"i","artifact":{}}`, ""),
		"no id":                          record(`{"run":"r","artifact":{}}`, ""),
		"a negative attempt":             record(`{"run":"r","id":"i","attempt":-1,"artifact":{}}`, ""),
		"a negative restart":             record(`{"run":"r","id":"i","restarts":-1,"artifact":{}}`, ""),
		"a field of the wrong type":      record(`{"run":7,"id":"i","artifact":{}}`, ""),
		"an unknown field":               record(`{"run":"r","id":"i","artifact":{},"more":1}`, ""),
		"an unknown field, same version": record(`{"run":"r","id":"i","artifact":{"more":1}}`, wire.Current().URN()),
		"another major version":          record(minimal, "urn:longshore:envelope:2.0"),
		"no version":                     record(minimal, "urn:longshore:envelope:"),
		"a version of something else":    record(minimal, "https://example.com/schema"),
		"a value above the limit":        record(`{"run":"r","id":"`+strings.Repeat("i", wire.MaxValue)+`","artifact":{}}`, ""),
	} {
		t.Run(name, func(t *testing.T) {
			e, err := wire.Decode(m)
			if err == nil {
				t.Fatalf("it was read as %+v", e)
			}
			if c := stage.ClassOf(err); c != stage.Poison {
				t.Errorf("its class is %s: %v", c, err)
			}
			if len(err.Error()) > 500 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

func TestDecodePassesOverFieldsOfNewerMinorVersions(t *testing.T) {
	newer := wire.Current()
	newer.Minor++
	e, err := wire.Decode(record(`{"run":"r","id":"i","artifact":{"object":{"bucket":"b","key":"k","size":1,"new":{}},"newer":[]},"newest":0}`, newer.URN()))
	if err != nil {
		t.Fatal(err)
	}
	if e.Artifact.Object == nil || e.Artifact.Object.Key != "k" {
		t.Errorf("it was read as %+v", e)
	}
}

func TestDecodeReadsRecordsWithoutHeaders(t *testing.T) {
	e, err := wire.Decode(&message.Message{Payload: []byte(" " + minimal + "\n")})
	if err != nil || e.Run != "r" || e.ID != "i" {
		t.Errorf("%+v, %v", e, err)
	}
}

// What Decode accepts, Encode can write, and it reads as the same.
func FuzzDecode(f *testing.F) {
	for _, e := range samples() {
		m, err := wire.Encode(e, origin())
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(m.Payload), m.Metadata.Get(wire.HeaderSchema))
	}
	f.Add([]byte(minimal), "urn:longshore:envelope:1.999")
	f.Add([]byte(`{"run":"\ud800","id":"\\ufffd","artifact":{}}`), "")
	f.Fuzz(func(t *testing.T, value []byte, schema string) {
		m := message.NewMessage("", bytes.Clone(value))
		m.Metadata.Set(wire.HeaderSchema, schema)
		e, err := wire.Decode(m)
		if !bytes.Equal(m.Payload, value) {
			t.Fatal("the value was changed")
		}
		if err != nil {
			if c := stage.ClassOf(err); c != stage.Poison {
				t.Fatalf("an error of class %s: %v", c, err)
			}
			return
		}
		again, err := wire.Encode(e, origin())
		if err != nil {
			if len(value) < wire.MaxValue/2 {
				t.Fatalf("read, but not written: %v", err)
			}
			return // it is longer in our spelling
		}
		back, err := wire.Decode(again)
		if err != nil {
			t.Fatal(err)
		}
		if !cmp.Equal(e, back) {
			t.Fatal(cmp.Diff(e, back))
		}
	})
}
