package dir_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/dustin/go-humanize"

	"github.com/longshore/longshore/internal/staging/dir"
)

// BenchmarkPut measures what durability costs, see Options.Sync. On ext4 on a
// virtual disk, 2 cores (MB/s of one writer):
//
//	        off       on
//	1 KiB   FILL
func BenchmarkPut(b *testing.B) {
	for _, size := range []int{1 << 10, 1 << 20, 64 << 20} {
		for _, sync := range []bool{false, true} {
			b.Run(fmt.Sprintf("size=%s/sync=%v", humanize.IBytes(uint64(size)), sync), func(b *testing.B) {
				s := open(b, b.TempDir(), dir.Options{Sync: sync})
				content := bytes.Repeat([]byte("longshore "), size/10+1)[:size]
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := s.Put(b.Context(), claim(1), int64(size), bytes.NewReader(content)); err != nil {
						b.Fatal(err)
					}
					// Replacing a file makes ext4 flush it, which would hide
					// the difference.
					if err := s.Release(b.Context(), claim(1)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
