// Package sample is the data set of the demo: a bucket with everything that
// makes a migration stumble in small. It is the same every time, keys and
// bytes, so that tests can tell what must come out.
package sample

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

// Object is an object to be written.
type Object struct {
	Key string
	// Size in bytes.
	Size int64
}

// Reader yields the bytes of o, which are a function of its key.
func (o Object) Reader() io.Reader {
	return io.LimitReader(rand.NewChaCha8(sha256.Sum256([]byte(o.Key))), o.Size)
}

// Options shape the data set.
type Options struct {
	// Objects is how many there are, the special ones included.
	Objects int
	// BigSize is the size of the one large object; 0 for none.
	BigSize int64
	// Size of each ordinary object; 0 for a mixture from 1 KiB to 1 MiB.
	Size int64
	// Prefix of every key.
	Prefix string
}

// Objects makes the data set. The special ones come first, so that a small
// set has them too.
func Objects(o Options) []Object {
	all := special()
	if o.BigSize > 0 {
		all = append(all, Object{"big/disk image.iso", o.BigSize})
	}
	for i := len(all); i < o.Objects; i++ {
		all = append(all, Object{fmt.Sprintf("packages/%03d/artifact-%06d.bin", i%100, i), o.ordinarySize(i)})
	}
	all = all[:max(0, min(len(all), o.Objects))]
	for i := range all {
		all[i].Key = o.Prefix + all[i].Key
	}
	return all
}

func (o Options) ordinarySize(i int) int64 {
	if o.Size > 0 {
		return o.Size
	}
	steps := []int64{1 << 10, 16 << 10, 128 << 10, 1 << 20}
	// An odd number of bytes more, so that no two are alike.
	return steps[i%len(steps)] + int64(i)*37
}

// special are keys and sizes that break careless code. No segment of a key is
// longer than 255 bytes, which a server on a file system could not keep.
func special() []Object {
	return []Object{
		{"releases/1.0/app with  two spaces.tar.gz", 40_000},
		{"c++/lib+tool&more=1.bin", 20_000},
		{"percent/100% done%20%2F.txt", 3_000},
		{"unicode/ünïcödé-日本語-🚢.txt", 5_000}, //nolint:gosmopolitan // on purpose
		{"quotes/it's \"here\" (1) [2] {3};#?.txt", 700},
		{longKey("long/", 900), 9_000},
		{longKey("länge/", 900), 9_001},
		{"empty/nothing.bin", 0},
		{"folder/", 0},
	}
}

// longKey makes a key of size bytes.
func longKey(prefix string, size int) string {
	var b strings.Builder
	b.WriteString(prefix)
	for segment := 0; b.Len() < size; {
		if segment == 200 {
			b.WriteByte('/')
			segment = 0
			continue
		}
		b.WriteByte("abcdefghijklmnopqrstuvwxyz"[b.Len()%26])
		segment++
	}
	return b.String()
}
