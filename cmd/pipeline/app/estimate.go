package app

import (
	"fmt"
	"time"

	"github.com/longshore/longshore/internal/ledger"
)

// estimate tells how fast a run is and when it will be done, from what was
// closed in the last minutes: the beginning says little about the rest.
type estimate struct {
	samples []sample
}

type sample struct {
	at   time.Time
	done int64
}

const (
	estimateWindow = 2 * time.Minute
	etaAfter       = 2 * time.Minute
	etaFraction    = 0.01
)

func (e *estimate) add(now time.Time, s ledger.Summary) {
	e.samples = append(e.samples, sample{now, s.Enumerated.Objects - s.InFlight.Objects})
	for len(e.samples) > 2 && now.Sub(e.samples[1].at) > estimateWindow {
		e.samples = e.samples[1:]
	}
}

// perSecond is the number of objects closed a second.
func (e *estimate) perSecond() float64 {
	if len(e.samples) < 2 {
		return 0
	}
	first, last := e.samples[0], e.samples[len(e.samples)-1]
	seconds := last.at.Sub(first.at).Seconds()
	if seconds <= 0 {
		return 0
	}
	return float64(last.done-first.done) / seconds
}

// eta is a clock time with a margin. It is told only when the total is known
// and after 1 % or two minutes, since before that it would jump.
func (e *estimate) eta(now, begun time.Time, s ledger.Summary) (string, bool) {
	rate := e.perSecond()
	total := s.Enumerated.Objects
	done := total - s.InFlight.Objects
	early := now.Sub(begun) < etaAfter && float64(done) < etaFraction*float64(total)
	if !s.Listed || total == 0 || s.InFlight.Objects == 0 || rate <= 0 || early {
		return "", false
	}
	left := time.Duration(float64(s.InFlight.Objects) / rate * float64(time.Second))
	margin := (left / 10).Round(time.Minute)
	at := now.Add(left).Format("15:04")
	if left > 24*time.Hour {
		at = now.Add(left).Format("2006-01-02 15:04")
	}
	if margin < time.Minute {
		return at, true
	}
	return fmt.Sprintf("%s (±%d m)", at, int(margin.Minutes())), true
}
