package sample

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestObjects(t *testing.T) {
	all := Objects(Options{Objects: 200, BigSize: 110 << 20, Prefix: "p/"})
	total, keys := int64(0), map[string]bool{}
	var long, empty, folder, unicode bool
	for _, o := range all {
		total += o.Size
		if keys[o.Key] || !strings.HasPrefix(o.Key, "p/") {
			t.Errorf("key %q", o.Key)
		}
		keys[o.Key] = true
		for segment := range strings.SplitSeq(o.Key, "/") {
			if len(segment) > 255 {
				t.Errorf("a segment of %d bytes in %s", len(segment), o.Key)
			}
		}
		long = long || len(o.Key) >= 900 && len(o.Key) <= 1024
		empty = empty || o.Size == 0
		folder = folder || strings.HasSuffix(o.Key, "/")
		unicode = unicode || len([]rune(o.Key)) < len(o.Key)
	}
	if len(all) != 200 || total < 64<<20 || total > 256<<20 {
		t.Errorf("%d objects, %d bytes", len(all), total)
	}
	if !long || !empty || !folder || !unicode {
		t.Errorf("long %t, empty %t, folder %t, unicode %t", long, empty, folder, unicode)
	}
}

func TestReader(t *testing.T) {
	read := func(o Object) []byte {
		data, err := io.ReadAll(o.Reader())
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	a := read(Object{"a", 1000})
	if len(a) != 1000 || !bytes.Equal(a, read(Object{"a", 1000})) {
		t.Error("the bytes of a key change")
	}
	if bytes.Equal(a, read(Object{"b", 1000})) {
		t.Error("two keys have the same bytes")
	}
}
