package app

import (
	"fmt"
	"io"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/longshore/longshore/internal/engine"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/stages/stage"
)

// lineInterval is how often a line is written where there is no terminal.
const lineInterval = 30 * time.Second

// lines writes one plain line each lineInterval.
type lines struct {
	w     io.Writer
	run   stage.RunID
	now   func() time.Time
	begun time.Time
	last  time.Time
	rate  estimate
	halts map[string]string
}

func newLines(w io.Writer, m migration, now func() time.Time) *lines {
	t := now()
	return &lines{w: w, run: m.Run, now: now, begun: t, last: t, halts: map[string]string{}}
}

func (l *lines) update(s ledger.Summary, stages []engine.StageStatus) {
	now := l.now()
	l.rate.add(now, s)
	l.sayHalts(stages)
	if now.Sub(l.last) < lineInterval {
		return
	}
	l.last = now
	done := s.Enumerated.Objects - s.InFlight.Objects
	line := fmt.Sprintf("run=%s elapsed=%s done=%s bytes=%s/%s rate=%.1f/s failed=%d", l.run,
		now.Sub(l.begun).Round(time.Second), fraction(done, s.Enumerated.Objects, s.Listed),
		iec(s.Enumerated.Bytes-s.InFlight.Bytes), iec(s.Enumerated.Bytes), l.rate.perSecond(), s.Of(stage.Failed).Objects)
	if eta, ok := l.rate.eta(now, l.begun, s); ok {
		line += " eta=" + eta
	}
	fmt.Fprintln(l.w, line)
}

// sayHalts tells once when a stage waits for a person, and why.
func (l *lines) sayHalts(stages []engine.StageStatus) {
	for _, s := range stages {
		text := haltText(s)
		if text != "" && l.halts[s.Name] != text {
			fmt.Fprintln(l.w, text)
		}
		l.halts[s.Name] = text
	}
}

func haltText(s engine.StageStatus) string {
	if s.Halted == nil {
		return ""
	}
	text := fmt.Sprintf("%s waits: %v", s.Name, s.Halted)
	if hint := stage.FailureOf(s.Halted).Hint; hint != "" {
		text += "\n  → " + hint
	}
	return text
}

func (l *lines) draining() {}
func (l *lines) close()    {}

// fraction never shows a percentage without its total, and none while the
// total still grows.
func fraction(done, total int64, listed bool) string {
	if !listed || total == 0 {
		return fmt.Sprintf("%d/%d+", done, total)
	}
	return fmt.Sprintf("%d/%d (%.1f%%)", done, total, 100*float64(done)/float64(total))
}

func iec(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }
