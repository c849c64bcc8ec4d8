package dir

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/longshore/longshore/stages/stage"
)

// room shares the quota among claims, first come first served: a large object
// at the head of the line is not overtaken by small ones that would fit.
//
// A claim counts once, however many write it at a time, and being put again
// needs no room. The disk may hold a second copy for the time of the writing;
// to wait for room instead could be to wait for oneself.
type room struct {
	quota int64 // 0 is no limit

	mu     sync.Mutex
	used   int64
	claims map[stage.ClaimName]*account
	line   []*waiter
	clock  int // counts settlements
}

// account is what is known of one claim.
type account struct {
	size    int64
	writers int
	kept    bool // a complete file is there
	keptAt  int  // room.clock
}

// waiter stands in line.
type waiter struct {
	name    stage.ClaimName
	size    int64
	granted chan struct{} // closed when the room is the waiter's
}

func newRoom(quota int64) *room {
	return &room{quota: quota, claims: map[stage.ClaimName]*account{}}
}

// ask takes room for one writer of name, who gives an account by settle. If
// there is none yet, it returns the place in line: wait for granted, or leave.
func (r *room) ask(ctx context.Context, name stage.ClaimName, size int64) (*waiter, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.quota > 0 && size > r.quota {
		return nil, stage.NotRetryable(fmt.Errorf("%d bytes are more than the whole quota of %d", size, r.quota),
			stage.Code("too-large"), stage.Hint("raise staging.quota above the largest object, then replay the failed ones"))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	more := r.needs(name, size)
	if more == 0 || len(r.line) == 0 && r.fits(more) {
		r.grant(name, size)
		return nil, nil
	}
	w := &waiter{name: name, size: size, granted: make(chan struct{})}
	r.line = append(r.line, w)
	return w, nil
}

// leave gives up the place in line, or the room if it was granted just now.
func (r *room) leave(w *waiter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.Index(r.line, w); i >= 0 {
		r.line = slices.Delete(r.line, i, i+1)
	} else {
		r.drop(w.name)
	}
	r.serve() // whoever stood behind may fit
}

// settle ends the work of one writer. If kept, a complete file of that size is
// there now.
func (r *room) settle(name stage.ClaimName, size int64, kept bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if kept {
		a := r.claims[name]
		r.clock++
		a.kept, a.keptAt = true, r.clock
		r.used += size - a.size
		a.size = size
	}
	r.drop(name)
	r.serve()
}

// release notes that the file is gone.
func (r *room) release(name stage.ClaimName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a, ok := r.claims[name]; ok {
		a.kept = false
		r.forget(name, a)
	}
	r.serve()
}

// now is a moment for replace.
func (r *room) now() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clock
}

// replace puts a count of the directory in place of the books. Claims that
// were kept after since, when the count began, may be missing in it and stay.
func (r *room) replace(found map[stage.ClaimName]int64, since int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, a := range r.claims {
		if _, ok := found[name]; !ok && a.keptAt <= since {
			a.kept = false
			r.forget(name, a)
		}
	}
	for name, size := range found {
		a, ok := r.claims[name]
		if !ok {
			a = &account{}
			r.claims[name] = a
		}
		if a.writers == 0 {
			r.used += size - a.size
			a.size = size
		}
		a.kept = true
	}
	r.serve()
}

func (r *room) usedBy() (bytes int64, claims int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.used, len(r.claims)
}

// serve grants room to the line from its head, for as long as it fits.
func (r *room) serve() {
	for len(r.line) > 0 {
		w := r.line[0]
		if !r.fits(r.needs(w.name, w.size)) {
			return
		}
		r.line = slices.Delete(r.line, 0, 1)
		r.grant(w.name, w.size)
		close(w.granted)
	}
}

// needs is the room that one more writer of name would take.
func (r *room) needs(name stage.ClaimName, size int64) int64 {
	if a, ok := r.claims[name]; ok {
		return max(0, size-a.size)
	}
	return size
}

// fits says whether there is room for more bytes. Nothing always fits, also
// where a lowered quota is overdrawn.
func (r *room) fits(more int64) bool {
	return more == 0 || r.quota == 0 || r.used+more <= r.quota
}

func (r *room) grant(name stage.ClaimName, size int64) {
	a, ok := r.claims[name]
	if !ok {
		a = &account{}
		r.claims[name] = a
	}
	a.writers++
	if size > a.size {
		r.used += size - a.size
		a.size = size
	}
}

// drop ends the hold of one writer.
func (r *room) drop(name stage.ClaimName) {
	a := r.claims[name]
	a.writers--
	r.forget(name, a)
}

// forget strikes a claim off that nobody writes and that is not there.
func (r *room) forget(name stage.ClaimName, a *account) {
	if a.writers == 0 && !a.kept {
		r.used -= a.size
		delete(r.claims, name)
	}
}
