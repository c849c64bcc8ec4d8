package sourcetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/longshore/longshore/stages/stage"
)

func pages(t *testing.T, h Harness) {
	n := 2*h.PageSize + 3
	var want []string
	for i := range n {
		key := fmt.Sprintf("p/%05d", i)
		want = append(want, key)
		h.Put(t, key, []byte{byte(i)})
	}
	var got []string
	for _, o := range listAll(t, h, "p/") {
		got = append(got, o.Key)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("%d keys listed, %d put", len(got), len(want))
	}
	// Exactly full pages: the last one must not be mistaken for one more, nor
	// the other way round.
	for i := 2 * h.PageSize; i < n; i++ {
		h.Delete(t, want[i])
	}
	if got := listAll(t, h, "p/"); len(got) != 2*h.PageSize {
		t.Fatalf("%d keys listed, %d left", len(got), 2*h.PageSize)
	}
}

// orders puts keys that sort otherwise as strings than as paths, so that a
// cursor which is compared in one way and listed in the other skips some.
func orders(t *testing.T, h Harness) {
	n := 0
	for i := range h.PageSize {
		for _, end := range []string{"/x", "-x", ".x", "0", "!/y", "/-"} {
			h.Put(t, fmt.Sprintf("o/%03d%s", i, end), []byte("x"))
			n++
		}
	}
	seen := map[string]bool{}
	for _, o := range listAll(t, h, "o/") {
		seen[o.Key] = true
	}
	if len(seen) != n {
		t.Fatalf("%d keys listed, %d put", len(seen), n)
	}
}

func emptyPage(t *testing.T, h Harness) {
	if h.EmptyPageNext == nil {
		t.Skip("this source cannot be made to answer an empty page")
	}
	for i := range h.PageSize + 2 {
		h.Put(t, fmt.Sprintf("e/%05d", i), []byte("x"))
	}
	h.EmptyPageNext(t)
	page, err := h.Source.List(t.Context(), stage.Shard{Prefix: "e/"})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Objects) != 0 || page.Next == "" {
		t.Fatalf("page of %d objects, next %q", len(page.Objects), page.Next)
	}
	h.EmptyPageNext(t)
	if got := listAll(t, h, "e/"); len(got) != h.PageSize+2 {
		t.Fatalf("%d keys listed, %d put", len(got), h.PageSize+2)
	}
}

func cursorAgain(t *testing.T, h Harness) {
	for i := range h.PageSize + 2 {
		h.Put(t, fmt.Sprintf("c/%05d", i), []byte("x"))
	}
	first, err := h.Source.List(t.Context(), stage.Shard{})
	if err != nil {
		t.Fatal(err)
	}
	if first.Next == "" {
		t.Fatalf("one page holds %d objects; Harness.PageSize is wrong", len(first.Objects))
	}
	// A redelivery lists the same page again; nothing is missed, even if a key
	// was deleted and another added in the meantime.
	h.Delete(t, first.Objects[len(first.Objects)-1].Key)
	h.Put(t, "c/99999", []byte("new"))
	for range 2 {
		again, err := h.Source.List(t.Context(), stage.Shard{Cursor: first.Next})
		if err != nil {
			t.Fatal(err)
		}
		if len(again.Objects) != 3 {
			t.Fatalf("%d objects after the cursor instead of 3", len(again.Objects))
		}
	}
}

func prefix(t *testing.T, h Harness) {
	for _, key := range []string{"a/1", "a/2", "ab", "b/1"} {
		h.Put(t, key, []byte("x"))
	}
	for p, want := range map[string]int{"": 4, "a": 3, "a/": 2, "b/": 1, "none": 0} {
		if got := listAll(t, h, p); len(got) != want {
			t.Errorf("%d keys below %q instead of %d", len(got), p, want)
		}
	}
}

func denied(t *testing.T, h Harness) {
	if h.DenyList == nil {
		t.Skip("this source cannot be made to refuse a listing")
	}
	h.Put(t, "k", []byte("x"))
	h.DenyList(t)
	page, err := h.Source.List(t.Context(), stage.Shard{})
	if err == nil {
		t.Fatalf("a page of %d objects instead of an error", len(page.Objects))
	}
	if c := stage.ClassOf(err); c != stage.Halted {
		t.Fatalf("class %s instead of halted: %v", c, err)
	}
	if stage.FailureOf(err).Hint == "" {
		t.Errorf("no hint names the setting: %v", err)
	}
}
