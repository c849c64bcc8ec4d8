package cloudsmith

import (
	"sync"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

const (
	// maxWanted bounds how many packages the board follows. Who asks for more
	// is answered "pending" and comes back.
	maxWanted = 200_000
	// wantedLife is how long a package is followed after it was last asked
	// for: somebody else may have taken over.
	wantedLife = 30 * time.Minute
	// keptAnswers stay for deliveries that come twice.
	keptAnswers = 8192

	// A run may spend startCredit list pages at once, and each package adds
	// packageCredit. Beyond that the board looks every PollMax.
	startCredit   = 15
	packageCredit = 0.015
	// growth of the interval while a look changes nothing.
	growth = 1.5
	// stubborn failures in a row are shown to those who ask.
	stubborn = 5
)

// board answers for the status of many packages from memory. It holds what is
// asked for and the last answers, and when to look next; refresh.go looks.
type board struct {
	min, max time.Duration

	mu       sync.Mutex
	wanted   map[string]*wanted
	answers  *recent[string, answer]
	looking  bool
	next     time.Time
	interval time.Duration
	credit   float64
	failures int
	failure  error
}

// wanted is a package whose status is still open.
type wanted struct {
	pkg   stage.Package
	key   coordKey
	first time.Time // asked for
	last  time.Time
	// alone is when to ask for this one by its id, and the pause after that.
	alone time.Time
	pause time.Duration
}

// answer is a final status.
type answer struct {
	status stage.PackageStatus
	err    error
}

func newBoard(shortest, longest time.Duration) *board {
	return &board{
		min: shortest, max: longest, interval: shortest, credit: startCredit,
		wanted: map[string]*wanted{}, answers: newRecent[string, answer](keptAnswers),
	}
}

// ask returns the final status of p, or registers p and says that there is
// none. err is why the board cannot look.
func (b *board) ask(p stage.Package, now time.Time, lag time.Duration) (a answer, final bool, err error) {
	if a, ok := b.answers.get(p.ID); ok {
		return a, true, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.wanted[p.ID]
	switch {
	case w != nil:
		w.last = now
	case len(b.wanted) < maxWanted:
		if len(b.wanted) == 0 && !b.looking && b.credit >= 1 {
			// After a quiet time the next look need not wait for its turn.
			b.interval = b.min
			b.next = minTime(b.next, now.Add(b.min))
		}
		b.wanted[p.ID] = &wanted{pkg: p, key: keyOf(p.Coordinates), first: now, last: now, alone: now.Add(lag), pause: lag}
		b.credit += packageCredit
	}
	if b.failure != nil && (b.failures >= stubborn || stage.ClassOf(b.failure) == stage.Halted) {
		return answer{}, false, b.failure
	}
	return answer{}, false, nil
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// begin says whether the caller is to look now.
func (b *board) begin(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.looking || len(b.wanted) == 0 || now.Before(b.next) {
		return false
	}
	b.looking = true
	return true
}

// open returns the packages to look for, and drops those that nobody asks for
// any more.
func (b *board) open(now time.Time) map[string]wanted {
	b.mu.Lock()
	defer b.mu.Unlock()
	open := make(map[string]wanted, len(b.wanted))
	for id, w := range b.wanted {
		if now.Sub(w.last) > wantedLife {
			delete(b.wanted, id)
			continue
		}
		open[id] = *w
	}
	return open
}

// resolve records a final status.
func (b *board) resolve(id string, a answer) {
	b.answers.set(id, a)
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.wanted, id)
}

// askedAlone puts off the next question for a single package.
func (b *board) askedAlone(id string, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w := b.wanted[id]; w != nil {
		w.pause = min(2*w.pause, 5*time.Minute)
		w.alone = now.Add(w.pause)
	}
}

// end sets the time of the next look. A look that changed something is soon
// followed by another one, as far as the credit goes. It says whether err is
// the first failure after a success.
func (b *board) end(now time.Time, requests int, changed bool, err error) (first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.looking = false
	b.credit -= float64(requests)
	if b.failure = err; err != nil {
		b.failures++
	} else {
		b.failures = 0
	}
	if changed && err == nil {
		b.interval = b.min
	} else {
		b.interval = min(time.Duration(float64(b.interval)*growth), b.max)
	}
	wait := b.interval
	if b.credit < 1 {
		wait = b.max
	}
	b.next = now.Add(wait)
	return b.failures == 1
}

// forget drops what is known about a package that was removed.
func (b *board) forget(id string) {
	b.answers.delete(id)
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.wanted, id)
}
