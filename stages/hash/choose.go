package hash

import (
	"sync"
	"time"
)

const (
	// rounds of measuring; the best counts, since noise only slows down.
	rounds = 3
	// sampleSize is what one stream hashes in a round, in bytes. The whole
	// measurement takes 1 ms with SHA instructions, 8 ms in plain Go.
	sampleSize = 256 << 10
	// margin is how much faster than an earlier method a later one must be:
	// less is noise.
	margin = 1.1
	// fast is a rate, in bytes a second, that only SHA instructions reach.
	// Lanes cannot beat it by the margin, and are not even started, since
	// nothing can stop them.
	fast = 1e9
)

// choose measures the methods and returns the fastest per core. The amount of
// work is fixed, not the time: a clock that stands still makes all equal, and
// the first wins.
func choose(now func() time.Time, allowLanes bool) method {
	c := contest{now: now, sample: make([]byte, sampleSize)}
	for _, m := range single() {
		c.enter(m, 1)
	}
	if allowLanes && c.rate < fast {
		if m, ok := startLanes(); ok {
			c.enter(m, laneWidth)
		}
	}
	return c.best
}

// contest keeps the best method so far, and its rate in bytes a second.
type contest struct {
	now    func() time.Time
	sample []byte
	best   method
	rate   float64
}

func (c *contest) enter(m method, streams int) {
	if r := measure(c.now, m, c.sample, streams); r > c.rate*margin {
		c.best, c.rate = m, r
	}
}

// measure returns how many bytes a second m hashes in that many streams at
// once.
func measure(now func() time.Time, m method, sample []byte, streams int) float64 {
	// A clock too coarse to tell counts as one tick.
	best := time.Duration(1 << 62)
	for range rounds {
		start := now()
		var wg sync.WaitGroup
		for range streams {
			wg.Go(func() {
				h := m.open()
				for p := sample; len(p) > 0; p = p[len(buffer{}):] {
					h.Write(p[:len(buffer{})])
				}
				h.Sum(nil)
			})
		}
		wg.Wait()
		best = min(best, max(now().Sub(start), time.Nanosecond))
	}
	return float64(streams) * sampleSize / best.Seconds()
}
