package emulator

import (
	"fmt"
	"sync"
)

// maxParts is what S3 allows.
const maxParts = 10_000

// partSet is the parts of one multi-part upload, in any order. The last write
// of a part wins.
type partSet struct {
	mu     sync.Mutex
	parts  map[int]segment
	closed bool

	// hashing guards the digest of parts 1 to hashed, which follows the parts
	// as they arrive, so that finish has little left to do. A part that is
	// overwritten after it was hashed makes stale true.
	hashing sync.Mutex
	digest  *digester
	hashed  int
	stale   bool
}

func newPartSet() *partSet {
	return &partSet{parts: map[int]segment{}, digest: newDigester()}
}

// put adds part n and returns the segments that are not needed any more: the
// one that was replaced, or seg itself once the set is closed.
func (ps *partSet) put(n int, seg segment) (garbage []segment, open bool) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.closed {
		return []segment{seg}, false
	}
	if old, replaced := ps.parts[n]; replaced {
		garbage = append(garbage, old)
		ps.stale = ps.stale || n <= ps.hashed
	}
	ps.parts[n] = seg
	return garbage, true
}

// isNext says that the parts before n have arrived and n has not.
func (ps *partSet) isNext(n int) bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	_, there := ps.parts[n]
	return !there && len(ps.parts) == n-1
}

// hash reads the parts that have arrived in order, unless another call is at
// it, which will then come to them.
func (ps *partSet) hash(st *store) error {
	if !ps.hashing.TryLock() {
		return nil
	}
	defer ps.hashing.Unlock()
	return ps.catchUp(st)
}

// catchUp hashes what next returns until there is nothing. ps.hashing is held.
func (ps *partSet) catchUp(st *store) error {
	for {
		seg, ok := ps.next()
		if !ok {
			return nil
		}
		if err := st.digest(ps.digest, seg); err != nil && !ps.isStale() {
			return err
		}
	}
}

// next returns the part to hash after those that are hashed already.
func (ps *partSet) next() (segment, bool) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.stale {
		ps.digest, ps.hashed, ps.stale = newDigester(), 0, false
	}
	seg, ok := ps.parts[ps.hashed+1]
	if ok {
		// Counted before it is read, so that overwriting it meanwhile makes
		// the digest stale.
		ps.hashed++
	}
	return seg, ok
}

func (ps *partSet) isStale() bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return ps.stale
}

// finish closes the set and returns its bytes. It refuses a set with gaps, or
// without parts, or with a part before the last that is smaller than minPart,
// and leaves it open.
func (ps *partSet) finish(st *store, minPart int64) (*blob, error) {
	ps.hashing.Lock()
	defer ps.hashing.Unlock()
	for {
		if err := ps.catchUp(st); err != nil {
			return nil, err
		}
		b, again, err := ps.seal(minPart)
		if !again {
			return b, err
		}
	}
}

// seal closes the set if every part is hashed; again says that one has
// arrived meanwhile.
func (ps *partSet) seal(minPart int64) (b *blob, again bool, err error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if _, more := ps.parts[ps.hashed+1]; more || ps.stale {
		return nil, true, nil
	}
	switch {
	case len(ps.parts) == 0:
		return nil, false, badRequest("No parts were uploaded.")
	case ps.hashed < len(ps.parts):
		return nil, false, badRequest(fmt.Sprintf("Part %d is missing.", ps.hashed+1))
	}
	segs := make([]segment, ps.hashed)
	for i := range segs {
		segs[i] = ps.parts[i+1]
		if i+1 < len(segs) && segs[i].size < minPart {
			return nil, false, badRequest(fmt.Sprintf("Part %d is smaller than %d bytes.", i+1, minPart))
		}
	}
	ps.closed = true
	return newBlob(ps.digest.sum(), segs...), false, nil
}

// abort closes the set and returns all its segments.
func (ps *partSet) abort() []segment {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.closed = true
	var segs []segment
	for _, seg := range ps.parts {
		segs = append(segs, seg)
	}
	clear(ps.parts)
	return segs
}
