package s3

import (
	"testing"

	"github.com/longshore/longshore/internal/source/sourcetest"
)

func TestFakeStorePassesTheSuite(t *testing.T) {
	sourcetest.Run(t, func(t *testing.T) sourcetest.Harness {
		f, s := fake(t, Options{PartBytes: 256 << 10, BufferBytes: 1 << 20})
		f.pageSize = 7
		set := func(change func()) { f.mu.Lock(); defer f.mu.Unlock(); change() }
		return sourcetest.Harness{
			Source: s, Bucket: "bucket", PageSize: 7,
			Put:       func(_ *testing.T, key string, content []byte) { f.put(key, content) },
			PutParts:  func(_ *testing.T, key string, parts ...[]byte) { f.put(key, parts...) },
			Delete:    func(_ *testing.T, key string) { set(func() { delete(f.objects, key) }) },
			CutOnce:   func(_ *testing.T, key string, n int64) { set(func() { f.cuts[key] = cut{at: n} }) },
			CutAlways: func(_ *testing.T, key string, n int64) { set(func() { f.cuts[key] = cut{at: n, always: true} }) },
			DenyList: func(*testing.T) {
				set(func() { f.intercept = denyList })
			},
			EmptyPageNext: func(*testing.T) { set(func() { f.emptyPages = 1 }) },
		}
	})
}
