package wire_test

import (
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/internal/wire"
	"github.com/longshore/longshore/stages/stage"
)

func TestWhatIsEncodedComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := envelopes().Draw(t, "envelope")
		m, err := wire.Encode(e, origin())
		if err != nil {
			t.Fatal(err)
		}
		back, err := wire.Decode(m)
		if err != nil {
			t.Fatal(err)
		}
		e.Port = "" // not part of the record
		if diff := cmp.Diff(e, back, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestIDsTellRecordsApart(t *testing.T) {
	base := samples()["found"]
	other := *base.Artifact.Object
	other.VersionID = "another"
	transition := func(change func(*stage.Transition)) stage.Envelope {
		tr := *samples()["transition-found"].Artifact.Transition
		change(&tr)
		return base.With(func(a *stage.Artifact) { a.Transition = &tr })
	}
	different := map[string]stage.Envelope{
		"base":            base,
		"another run":     {Run: "acme-test", ID: base.ID, Artifact: base.Artifact},
		"another version": base.With(func(a *stage.Artifact) { a.Object = &other }),
		"another port":    base.Via("next"),
		"closed":          base.Close(stage.Verdict{Disposition: stage.Excluded}),
		"a page":          samples()["shard"],
		"the next page":   samples()["shard"].With(func(a *stage.Artifact) { s := *a.Shard; s.Page++; a.Shard = &s }),
		"a transition":    transition(func(*stage.Transition) {}),
		"another offset":  transition(func(t *stage.Transition) { t.Offset++ }),
		"another outcome": transition(func(t *stage.Transition) { t.Outcome = stage.Retried }),
		"found others":    transition(func(t *stage.Transition) { t.Found = []stage.Object{other} }),
	}
	ids := map[string]string{}
	for name, e := range different {
		id := idOf(t, e, "fetch")
		if before, taken := ids[id]; taken {
			t.Errorf("%s has the id of %s", name, before)
		}
		ids[id] = name
	}
	if idOf(t, base, "hash") == idOf(t, base, "fetch") {
		t.Error("two stages gave the same id")
	}

	same := base
	same.Attempt, same.Restarts, same.Doubt = 3, 1, true
	if idOf(t, same, "fetch") != idOf(t, base, "fetch") {
		t.Error("the attempt is in the id")
	}
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(idOf(t, base, "fetch")) {
		t.Errorf("%s is not a UUID of version 8", idOf(t, base, "fetch"))
	}
}

func idOf(t *testing.T, e stage.Envelope, stageName string) string {
	t.Helper()
	m, err := wire.Encode(e, wire.Origin{Stage: stageName, At: time.Unix(0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if m.UUID != m.Metadata.Get(wire.HeaderID) {
		t.Errorf("the message's id %s is not the event's %s", m.UUID, m.Metadata.Get(wire.HeaderID))
	}
	return m.UUID
}

func TestTraces(t *testing.T) {
	traceparent := func(e stage.Envelope, from string) string {
		o := origin()
		o.Trace = from
		m, err := wire.Encode(e, o)
		if err != nil {
			t.Fatal(err)
		}
		return m.Metadata.Get(wire.HeaderTrace)
	}
	found, hashed := samples()["found"], samples()["hashed"]
	own := traceparent(found, "")
	if !regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-01$`).MatchString(own) {
		t.Errorf("%s is not a traceparent", own)
	}
	if traceparent(hashed, "") != own {
		t.Error("an object has two traces")
	}
	if traceparent(samples()["shard"], "") == own {
		t.Error("two objects have one trace")
	}
	for trace, valid := range map[string]bool{
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00":      true,
		"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more": true,
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more": false,
		"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01":      false,
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01":      false,
		"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01":      false,
		"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01":      false,
		"nonsense": false,
	} {
		if got := traceparent(found, trace); (got == trace) != valid {
			t.Errorf("the trace %q became %q", trace, got)
		}
	}
}

func TestEncodeRefusesWhatWouldNotComeBack(t *testing.T) {
	found := samples()["found"]
	with := func(key string) stage.Envelope {
		return found.With(func(a *stage.Artifact) { o := *a.Object; o.Key = key; a.Object = &o })
	}
	for name, e := range map[string]stage.Envelope{
		"no run":        {ID: found.ID},
		"no id":         {Run: found.Run},
		"invalid UTF-8": with("a\xffb"),
		"an escaped backslash before invalid UTF-8": with("\\\xff"),
		"too large": with(strings.Repeat("k", wire.MaxValue)),
		"a year of 5 digits": found.With(func(a *stage.Artifact) {
			o := *a.Object
			o.Modified = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
			a.Object = &o
		}),
	} {
		if _, err := wire.Encode(e, origin()); err == nil || stage.ClassOf(err) != stage.Permanent {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, key := range []string{`\ufffd`, `\\ufffd`, "\uFFFD", "ufffd"} {
		if _, err := wire.Encode(with(key), origin()); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
}

func TestEncodeSetsTheKey(t *testing.T) {
	for name, e := range samples() {
		m, err := wire.Encode(e, origin())
		if err != nil {
			t.Fatal(err)
		}
		if m.Metadata.Get(bus.KeyHeader) != string(e.ID) {
			t.Errorf("%s: the key is %q", name, m.Metadata.Get(bus.KeyHeader))
		}
	}
}

func envelopes() *rapid.Generator[stage.Envelope] {
	return rapid.Custom(func(t *rapid.T) stage.Envelope {
		e := stage.Envelope{
			Run:      stage.RunID(rapid.StringN(1, 20, -1).Draw(t, "run")),
			ID:       stage.ObjectID(rapid.StringN(1, 40, -1).Draw(t, "id")),
			Port:     rapid.String().Draw(t, "port"),
			Doubt:    rapid.Bool().Draw(t, "doubt"),
			Attempt:  rapid.IntRange(0, 1<<30).Draw(t, "attempt"),
			Restarts: rapid.IntRange(0, 1<<30).Draw(t, "restarts"),
		}
		a := &e.Artifact
		a.Shard = maybe(t, "shard", rapid.Make[stage.Shard]())
		a.Object = maybe(t, "object", objects())
		a.Claim = maybe(t, "claim", rapid.Make[stage.Claim]())
		a.Digests = maybe(t, "digests", rapid.Make[stage.Digests]())
		a.Verdict = maybe(t, "verdict", rapid.Make[stage.Verdict]())
		a.Package = maybe(t, "package", rapid.Custom(func(t *rapid.T) stage.Package {
			return stage.Package{
				ID: rapid.String().Draw(t, "id"), Coordinates: rapid.Make[stage.Coordinates]().Draw(t, "coordinates"),
				Origin: stage.Origin(rapid.String().Draw(t, "origin")), Size: rapid.Int64().Draw(t, "size"),
				SHA256: rapid.String().Draw(t, "sha256"), UploadedAt: times().Draw(t, "uploaded"),
			}
		}))
		a.Transition = maybe(t, "transition", rapid.Custom(func(t *rapid.T) stage.Transition {
			return stage.Transition{
				Stage: rapid.String().Draw(t, "stage"), Outcome: stage.Outcome(rapid.String().Draw(t, "outcome")),
				At: times().Draw(t, "at"), Took: time.Duration(rapid.Int64().Draw(t, "took")),
				Topic: rapid.String().Draw(t, "topic"), Partition: rapid.Int32().Draw(t, "partition"), Offset: rapid.Int64().Draw(t, "offset"),
				Found:   rapid.SliceOfN(objects(), 0, 3).Draw(t, "found"),
				Failure: maybe(t, "failure", rapid.Make[stage.Failure]()), ShardDone: rapid.Bool().Draw(t, "done"),
			}
		}))
		labels := rapid.MapOfN(rapid.String(), rapid.String(), 0, 3).Draw(t, "labels")
		if len(labels) > 0 {
			a.Labels = maps.Clone(labels)
		}
		return e
	})
}

func objects() *rapid.Generator[stage.Object] {
	return rapid.Custom(func(t *rapid.T) stage.Object {
		return stage.Object{
			Bucket: rapid.String().Draw(t, "bucket"), Key: rapid.String().Draw(t, "key"), Size: rapid.Int64().Draw(t, "size"),
			ETag: rapid.String().Draw(t, "etag"), VersionID: rapid.String().Draw(t, "version"), Modified: times().Draw(t, "modified"),
			StorageClass: rapid.String().Draw(t, "class"),
		}
	})
}

func times() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "zero") {
			return time.Time{}
		}
		return time.Unix(rapid.Int64Range(0, 1<<36).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
	})
}

func maybe[T any](t *rapid.T, label string, g *rapid.Generator[T]) *T {
	return rapid.Ptr(g, true).Draw(t, label)
}
