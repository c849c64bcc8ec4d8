package cloudsmith

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

func digestNo(i int) string { return fmt.Sprintf("%064x", i+1) }

func TestCatalogStaysSmall(t *testing.T) {
	const n = 100_000
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	c := newCatalog(n)
	for i := range n {
		c.made(keyOf(stage.Coordinates{Format: "generic", Filepath: fmt.Sprint("some/where/", i)}), fmt.Sprintf("%012d", i), digestNo(i), int64(i), time.Now())
	}
	each := float64(heap()-before) / n
	runtime.KeepAlive(c)
	t.Logf("%.0f bytes a package", each)
	// The map grows in steps, so right after a step half of it is free.
	if each > 200 {
		t.Errorf("%.0f bytes a package, want about 120 and at most 200", each)
	}
}

func TestCatalogRemembersWhatItMade(t *testing.T) {
	c := newCatalog(10)
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	where := stage.Coordinates{Format: "generic", Filename: "b", Filepath: "a/b"}
	key := keyOf(where)
	c.made(key, "id-1", digestNo(1), 7, at)

	k := c.get(key)
	if k.id != "id-1" || k.sha256 != digestNo(1) || !k.at.Equal(at) || !k.is(flagMine|flagMade) {
		t.Errorf("got %+v", k)
	}
	if p := k.pkg(where); p.SHA256 != "" || p.Size != 0 {
		t.Errorf("%+v shows a digest that the service never reported", p)
	}

	seen := &entry{Slug: "id-1", Format: "generic", Filepath: "a/b", Filename: "b", SHA256: digestNo(2), Size: 8, Completed: true, UploadedAt: instant{at}}
	c.learn(seen)
	if p := c.get(key).pkg(where); p.SHA256 != digestNo(2) || p.Size != 8 {
		t.Errorf("%+v is not what the service reports", p)
	}
	if k := c.get(key); !k.is(flagMade) || k.is(flagMixed) {
		t.Errorf("flags %b after its own entry was seen", k.flags)
	}

	other := *seen
	other.Slug = "id-2"
	c.learn(&other)
	if k := c.get(key); k.id != "id-1" || !k.is(flagMixed) {
		t.Errorf("%+v after a second package was seen, want the first, and a doubt", k)
	}
	c.forget(key, "id-2")
	if c.get(key).id != "id-1" {
		t.Error("forgetting another package dropped this one")
	}
	c.forget(key, "id-1")
	if k := c.get(key); k.id != "" || !k.is(flagMine) {
		t.Errorf("%+v after forgetting, want that the coordinates are ours and nothing else", k)
	}
}

func TestCatalogDoubtsWhatIsNotFinished(t *testing.T) {
	for name, e := range map[string]entry{
		"pending":          {SHA256: digestNo(1)},
		"failed":           {SHA256: digestNo(1), Failed: true},
		"without a digest": {Completed: true},
		"odd digest":       {Completed: true, SHA256: "abc"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCatalog(10)
			e.Slug, e.Format, e.Filepath = "id", "generic", "a"
			c.learn(&e)
			if k := c.get(e.key()); !k.is(flagMixed) {
				t.Errorf("%+v is taken for settled", k)
			}
		})
	}
}

func TestSearchFindsAtLeastTheCoordinates(t *testing.T) {
	long := strings.Repeat("é", 300)
	for _, c := range []struct{ filename, filepath, want string }{
		{"plain-1.0.tar.gz", "", "filename:^plain-1.0.tar.gz$"},
		{"read me.txt", "", "filename:^read filename:me.txt$"},
		{"(a)b", "", "filename:a filename:b$"},
		{"a+b%20c:d", "", "filename:^a filename:b filename:20c filename:d$"},
		{"a$", "", "filename:^a"},
		{"日本.txt", "x/日本.txt", "filename:^日本.txt$"},
		{"+++", "", ""},
		{"same.bin", "x/same.bin", "filename:^same.bin$"},
		{long[:200] + "~0123", "x/" + long, "filename:^" + long[:200]},
	} {
		if got := searchFor(stage.Coordinates{Format: "generic", Filename: c.filename, Filepath: c.filepath}); got != c.want {
			t.Errorf("%q: %q, want %q", c.filename, got, c.want)
		}
	}
}

func TestKeysAreWhatTheServiceTellsApart(t *testing.T) {
	same := func(c stage.Coordinates, e entry) bool { return keyOf(c) == e.key() }
	if !same(stage.Coordinates{Format: "generic", Filename: "cut~b", Filepath: "a/b"}, entry{Format: "generic", Name: "b", Filename: "b", Filepath: "a/b"}) {
		t.Error("a generic package is told apart by more than its path")
	}
	if !same(stage.Coordinates{Format: "raw", Filename: "b"}, entry{Format: "raw", Name: "b", Filename: "b", Filepath: "shown/anyway"}) {
		t.Error("a raw package without a name is not the one that is named after its file")
	}
	if same(stage.Coordinates{Format: "raw", Filename: "b", Name: "a/b"}, entry{Format: "raw", Name: "c/b", Filename: "b"}) {
		t.Error("raw packages with different names are the same")
	}
	if same(stage.Coordinates{Format: "raw", Filename: "b", Name: "b", Version: "1"}, entry{Format: "raw", Name: "b", Filename: "b"}) {
		t.Error("raw packages with different versions are the same")
	}
}

func TestRecentForgetsTheOldest(t *testing.T) {
	r := newRecent[int, string](3)
	for i := range 4 {
		r.set(i, fmt.Sprint(i))
	}
	r.set(3, "three")
	if r.has(0) || !r.has(1) || !r.has(2) {
		t.Error("it did not forget the oldest alone")
	}
	if v, _ := r.get(3); v != "three" {
		t.Errorf("got %q", v)
	}
	r.delete(2)
	for i := range 1000 {
		r.set(100+i, "")
	}
	if len(r.m) > 3 || len(r.order) > 3 {
		t.Errorf("it holds %d entries", len(r.m))
	}
}
