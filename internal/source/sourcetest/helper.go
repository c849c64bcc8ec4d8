package sourcetest

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/longshore/longshore/stages/stage"
)

// noise makes n bytes that compress badly and depend on seed only.
func noise(seed uint64, n int) []byte {
	r := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	b := make([]byte, n)
	r.Read(b) // never fails
	return b
}

// listAll follows the cursors to the end.
func listAll(t *testing.T, h Harness, prefix string) []stage.Object {
	t.Helper()
	var all []stage.Object
	for s := (stage.Shard{Prefix: prefix}); ; s.Page++ {
		page, err := h.Source.List(t.Context(), s)
		if err != nil {
			t.Fatalf("listing page %d: %v", s.Page, err)
		}
		all = append(all, page.Objects...)
		if page.Next == "" {
			return all
		}
		if page.Next == s.Cursor {
			t.Fatalf("page %d: the cursor does not move", s.Page)
		}
		s.Cursor = page.Next
	}
}

func open(t *testing.T, h Harness, o stage.Object) stage.Body {
	t.Helper()
	b, err := h.Source.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("opening %q: %v", o.Key, err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// wantBytes reads b to its end.
func wantBytes(t *testing.T, b io.Reader, want []byte) {
	t.Helper()
	got, err := io.ReadAll(b)
	if err != nil {
		t.Fatalf("reading: %v", err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("read %d bytes that are not the %d put", len(got), len(want))
	}
	// io.EOF is final.
	if n, err := b.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Fatalf("reading on after the end: %d, %v", n, err)
	}
}
