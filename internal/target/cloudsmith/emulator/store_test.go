package emulator

import (
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
)

func TestStore(t *testing.T) {
	open := func(t *testing.T) *store {
		st, err := newStore(t.TempDir() + "/blobs")
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	put := func(t *testing.T, st *store, content string) *blob {
		t.Helper()
		d := newDigester()
		seg, err := st.put(strings.NewReader(content), d)
		if err != nil {
			t.Fatal(err)
		}
		return newBlob(d.sum(), seg)
	}
	read := func(t *testing.T, b *blob) string {
		t.Helper()
		r, err := b.open()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	left := func(t *testing.T, st *store) int {
		t.Helper()
		entries, err := os.ReadDir(st.dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}

	t.Run("keeps small segments apart that share a file", func(t *testing.T) {
		st := open(t)
		blobs := map[string]*blob{}
		for _, content := range []string{"one", "", "two", strings.Repeat("3", 1000)} {
			blobs[content] = put(t, st, content)
		}
		if left(t, st) != 1 {
			t.Errorf("%d files", left(t, st))
		}
		for content, b := range blobs {
			if got := read(t, b); got != content {
				t.Errorf("got %q, want %q", got, content)
			}
		}
	})
	t.Run("corrupts one segment and not its neighbours", func(t *testing.T) {
		st := open(t)
		before, empty, bad, after := put(t, st, "before"), put(t, st, ""), put(t, st, "bad"), put(t, st, "after")
		for _, b := range []*blob{empty, bad} {
			old := read(t, b)
			c, err := st.corrupted(b)
			if err != nil {
				t.Fatal(err)
			}
			if got := read(t, c); got == old || !c.digests.has(sha256Of(got)) {
				t.Errorf("got %q with sha256 %s", got, c.digests.sha256Hex())
			}
		}
		if read(t, before) != "before" || read(t, after) != "after" {
			t.Errorf("neighbours: %q, %q", read(t, before), read(t, after))
		}
	})
	t.Run("removes a pack with its last segment, under readers too", func(t *testing.T) {
		st := open(t)
		a, b := put(t, st, "aaa"), put(t, st, "bbb")
		r, err := b.open()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		st.drop(a.segments...)
		if left(t, st) != 1 {
			t.Error("it went too early")
		}
		st.drop(b.segments...)
		if left(t, st) != 0 {
			t.Error("it stayed")
		}
		if data, err := io.ReadAll(r); err != nil || string(data) != "bbb" {
			t.Errorf("the reader got %q, %v", data, err)
		}
		if got := read(t, put(t, st, "ccc")); got != "ccc" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("begins a new pack when one is full", func(t *testing.T) {
		st := open(t)
		first := put(t, st, "first")
		st.packs.current.used = packSize - 1
		put(t, st, "xy")
		second := put(t, st, "second")
		if left(t, st) != 2 || read(t, first) != "first" || read(t, second) != "second" {
			t.Errorf("%d files, %q, %q", left(t, st), read(t, first), read(t, second))
		}
	})
	t.Run("keeps nothing of a reader that breaks off", func(t *testing.T) {
		for _, n := range []int{0, 5, bufferSize - 1, bufferSize, 3 * bufferSize} {
			st := open(t)
			r := io.MultiReader(strings.NewReader(strings.Repeat("x", n)), broken{})
			if _, err := st.put(r, nil); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("after %d bytes: %v", n, err)
			}
			if left(t, st) != 0 {
				t.Errorf("after %d bytes: %d files", n, left(t, st))
			}
		}
	})
	t.Run("takes segments at once", func(t *testing.T) {
		st := open(t)
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				content := strings.Repeat(string(rune('a'+i%26)), i*100)
				b := put(t, st, content)
				if got := read(t, b); got != content {
					t.Errorf("%d bytes, want %d", len(got), len(content))
				}
				st.drop(b.segments...)
			})
		}
		wg.Wait()
		if left(t, st) != 0 {
			t.Errorf("%d files", left(t, st))
		}
	})
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
