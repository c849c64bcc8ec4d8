package sourcetest

import (
	"errors"
	"testing"

	"github.com/longshore/longshore/stages/stage"
)

func pinned(t *testing.T, h Harness) {
	h.Put(t, "k", []byte("first"))
	listed := h.object(t, "k")
	told, err := h.Source.Stat(t.Context(), h.Bucket, "k")
	if err != nil {
		t.Fatal(err)
	}
	// Of the same length, so that the size gives nothing away.
	h.Put(t, "k", []byte("other"))

	for name, o := range map[string]stage.Object{"listed": listed, "told by Stat": told} {
		got, err := readAll(t.Context(), h, o)
		switch {
		case err == nil && string(got) == "first" && h.KeepsVersions:
		case errors.Is(err, stage.ErrChanged):
		default:
			t.Errorf("%s: read %q, %v", name, got, err)
		}
	}
	if h.KeepsVersions && told.VersionID == "" {
		t.Error("Stat names no version in a source that keeps them")
	}
	wantBytes(t, open(t, h, h.object(t, "k")), []byte("other"))
}

func deleted(t *testing.T, h Harness) {
	h.Put(t, "k", []byte("x"))
	o := h.object(t, "k")
	h.Delete(t, "k")
	if _, err := readAll(t.Context(), h, o); !errors.Is(err, stage.ErrNotFound) {
		t.Errorf("Open: %v", err)
	}
	if _, err := h.Source.OpenRange(t.Context(), o, 0, 1); !errors.Is(err, stage.ErrNotFound) {
		t.Errorf("OpenRange: %v", err)
	}
	for _, key := range []string{"k", "never"} {
		if _, err := h.Source.Stat(t.Context(), h.Bucket, key); !errors.Is(err, stage.ErrNotFound) {
			t.Errorf("Stat of %q: %v", key, err)
		}
	}
}

func stat(t *testing.T, h Harness) {
	h.Put(t, "k", []byte("content"))
	listed := h.object(t, "k")
	told, err := h.Source.Stat(t.Context(), h.Bucket, "k")
	if err != nil {
		t.Fatal(err)
	}
	if told.ID() != listed.ID() || told.Size != listed.Size || told.ETag != listed.ETag {
		t.Errorf("Stat says %+v, List says %+v", told, listed)
	}
	wantBytes(t, open(t, h, told), []byte("content"))
}

func rangeChanged(t *testing.T, h Harness) {
	h.Put(t, "k", []byte("first"))
	o := h.object(t, "k")
	h.Put(t, "k", []byte("other"))
	if r, err := h.Source.OpenRange(t.Context(), o, 0, 5); !errors.Is(err, stage.ErrChanged) {
		if err == nil {
			r.Close()
		}
		t.Fatalf("%v instead of %v", err, stage.ErrChanged)
	}
}
