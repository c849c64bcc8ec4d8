package cloudsmith

import (
	"encoding/hex"
	"sync"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// catalog remembers packages by their coordinates: those that we made, and
// those that list pages showed in passing. It answers doubts without a request
// and recognises a second package at the same coordinates.
//
// What it holds was true once. That is enough to adopt a package, whose status
// is asked for afterwards anyway, and never enough to say that one is missing,
// unless a snapshot says so (snapshot.go). When it is full it learns nothing
// more.
type catalog struct {
	mu    sync.Mutex
	limit int
	rows  map[coordKey]row
	// ids holds the identifiers one after the other; a string in each row
	// would cost twice as much.
	ids []byte
}

// row is one line of the catalog, kept small.
type row struct {
	sha256 [32]byte
	size   int64
	at     int64 // microseconds, as the service has them
	idAt   uint32
	idLen  uint8
	flags  rowFlag
}

type rowFlag uint8

const (
	// flagMine: the coordinates belong to this migration, so leftovers there
	// are ours to remove.
	flagMine rowFlag = 1 << iota
	// flagMade: this process made the package.
	flagMade
	// flagPromised: size and digest are what we sent; the service has not yet
	// reported its own.
	flagPromised
	// flagMixed: there is more than one entry, or one that has failed or is
	// being processed. Who wants to know must look.
	flagMixed
)

func newCatalog(limit int) *catalog {
	return &catalog{limit: limit, rows: map[coordKey]row{}}
}

// known is what the catalog holds at some coordinates. sha256 is empty where
// it is not known.
type known struct {
	id, sha256 string
	size       int64
	at         time.Time
	flags      rowFlag
}

func (k known) is(f rowFlag) bool { return k.flags&f != 0 }

// pkg returns k as the package at c.
func (k known) pkg(c stage.Coordinates) stage.Package {
	p := stage.Package{ID: k.id, Coordinates: c, UploadedAt: k.at}
	if !k.is(flagPromised) {
		p.Size, p.SHA256 = k.size, k.sha256
	}
	return p
}

// get returns what is known at key. Without an id, only the flags are valid.
func (c *catalog) get(key coordKey) known {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.rows[key]
	if r.idLen == 0 {
		return known{flags: r.flags}
	}
	k := known{id: c.idLocked(r), size: r.size, at: time.UnixMicro(r.at).UTC(), flags: r.flags}
	if r.sha256 != ([32]byte{}) {
		k.sha256 = hex.EncodeToString(r.sha256[:])
	}
	return k
}

func (c *catalog) idLocked(r row) string {
	return string(c.ids[r.idAt : r.idAt+uint32(r.idLen)])
}

// claim marks coordinates as this migration's.
func (c *catalog) claim(key coordKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.rows[key]
	if !ok && len(c.rows) >= c.limit {
		return
	}
	r.flags |= flagMine
	c.rows[key] = r
}

// made records a package that this process created from bytes with this
// digest.
func (c *catalog) made(key coordKey, id, sha256 string, size int64, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.putLocked(key, id, sha256, size, at, flagMine|flagMade|flagPromised)
}

// learn takes in an entry of a listing.
func (c *catalog) learn(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := e.key()
	r, ok := c.rows[key]
	switch {
	case !ok || r.idLen == 0:
		flags := r.flags
		if !e.done() {
			flags |= flagMixed
		}
		c.putLocked(key, e.Slug, e.SHA256, e.Size, e.UploadedAt.Time, flags)
	case c.idLocked(r) != e.Slug:
		r.flags |= flagMixed
		c.rows[key] = r
	case e.done():
		c.putLocked(key, e.Slug, e.SHA256, e.Size, e.UploadedAt.Time, r.flags&^(flagPromised))
	case e.Failed:
		r.flags |= flagMixed
		c.rows[key] = r
	}
}

// forget drops the package at key, if it is this one, and keeps to whom the
// coordinates belong.
func (c *catalog) forget(key coordKey, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.rows[key]; ok && r.idLen > 0 && c.idLocked(r) == id {
		c.rows[key] = row{flags: r.flags & flagMine}
	}
}

// settled records that what stands at key is this one entry and nothing else.
func (c *catalog) settled(key coordKey, e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	flags := c.rows[key].flags & (flagMine | flagMade)
	c.putLocked(key, e.Slug, e.SHA256, e.Size, e.UploadedAt.Time, flags)
}

func (c *catalog) putLocked(key coordKey, id, sha256 string, size int64, at time.Time, flags rowFlag) {
	old, ok := c.rows[key]
	if len(id) == 0 || len(id) > 255 || (!ok && len(c.rows) >= c.limit) {
		return
	}
	r := row{size: size, at: at.UnixMicro(), idLen: uint8(len(id)), idAt: old.idAt, flags: flags} //nolint:gosec // at most 255, see above
	if n, err := hex.Decode(r.sha256[:], []byte(sha256)); err != nil || n != len(r.sha256) {
		// Without a digest there is nothing to compare with.
		r.sha256 = [32]byte{}
		r.flags |= flagMixed
	}
	if old.idLen == 0 || c.idLocked(old) != id {
		if len(c.ids)+len(id) > 1<<32-1 {
			return
		}
		r.idAt = uint32(len(c.ids)) //nolint:gosec // see above
		c.ids = append(c.ids, id...)
	}
	c.rows[key] = r
}

// full says that something may have been left out.
func (c *catalog) full() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.rows) >= c.limit
}
