package emulator

import "time"

// binLifetime is how long deleted packages lie in the recycle bin.
const binLifetime = 7 * 24 * time.Hour

// recycleBin is the storage of deleted packages, which counts against the
// quota until they are purged. Their bytes are gone: there is no way to
// restore them here. Server.mu guards it.
type recycleBin struct {
	// entries are in the order of their end.
	entries []binEntry
	total   int64
}

type binEntry struct {
	size  int64
	until time.Time
}

func (b *recycleBin) add(size int64, now time.Time) {
	for len(b.entries) > 0 && !now.Before(b.entries[0].until) {
		b.total -= b.entries[0].size
		b.entries = b.entries[1:]
	}
	b.entries = append(b.entries, binEntry{size, now.Add(binLifetime)})
	b.total += size
}

// size is what has not been purged.
func (b *recycleBin) size(now time.Time) int64 {
	left := b.total
	for _, e := range b.entries {
		if now.Before(e.until) {
			break
		}
		left -= e.size
	}
	return left
}
