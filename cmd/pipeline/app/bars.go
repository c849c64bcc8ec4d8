package app

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/longshore/longshore/internal/engine"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/stages/stage"
)

// bars draws one bar a stage and a line for the whole on a terminal.
type bars struct {
	p     *mpb.Progress
	run   stage.RunID
	begun time.Time
	total *mpb.Bar
	stage map[string]*mpb.Bar

	mu    sync.Mutex
	text  string // the line for the whole
	notes map[string]string
	rate  estimate
}

func newBars(w io.Writer, m migration) *bars {
	b := &bars{
		p:   mpb.New(mpb.WithOutput(w), mpb.WithWidth(24), mpb.WithRefreshRate(200*time.Millisecond)),
		run: m.Run, begun: time.Now(), stage: map[string]*mpb.Bar{}, notes: map[string]string{},
	}
	b.total = b.p.New(0, mpb.NopStyle(), mpb.PrependDecorators(decor.Any(func(decor.Statistics) string {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.text
	})))
	return b
}

func (b *bars) update(s ledger.Summary, stages []engine.StageStatus) {
	now := time.Now()
	b.mu.Lock()
	b.rate.add(now, s)
	done := s.Enumerated.Objects - s.InFlight.Objects
	text := fmt.Sprintf("%s  %s  %s objects  %s/%s  %.1f/s  failed %d", b.run, now.Sub(b.begun).Round(time.Second),
		fraction(done, s.Enumerated.Objects, s.Listed), iec(s.Enumerated.Bytes-s.InFlight.Bytes), iec(s.Enumerated.Bytes),
		b.rate.perSecond(), s.Of(stage.Failed).Objects)
	if eta, ok := b.rate.eta(now, b.begun, s); ok {
		text += "  ETA " + eta
	}
	b.text = text
	b.mu.Unlock()
	for _, st := range stages {
		b.updateStage(s, st)
	}
}

func (b *bars) updateStage(s ledger.Summary, st engine.StageStatus) {
	bar, ok := b.stage[st.Name]
	if !ok {
		name := st.Name
		// A bar that is made with a total is complete, and frozen, as soon as
		// it gets there; totals grow while the listing goes on.
		bar = b.p.New(0, mpb.BarStyle().Lbound("[").Filler("=").Tip(">").Padding(" ").Rbound("]"),
			mpb.PrependDecorators(decor.Name(name, decor.WC{W: 10, C: decor.DindentRight}), decor.CountersNoUnit("%d / %d", decor.WC{W: 18})),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
				b.mu.Lock()
				defer b.mu.Unlock()
				return b.notes[name]
			})))
		b.stage[name] = bar
	}
	done, total := st.Done, s.Enumerated.Objects
	switch st.Name {
	case "enumerate":
		total = done // pages
	case "audit":
		done = total - s.InFlight.Objects // it reads every transition, which says little
	}
	bar.SetTotal(max(total, done, 1), false)
	bar.SetCurrent(done)
	var notes []string
	if st.InFlight > 0 {
		notes = append(notes, fmt.Sprintf("in flight %d", st.InFlight))
	}
	if n := st.Retried + st.Restarted; n > 0 {
		notes = append(notes, fmt.Sprintf("retried %d", n))
	}
	if st.Failed > 0 {
		notes = append(notes, fmt.Sprintf("failed %d", st.Failed))
	}
	if wait := time.Until(st.PausedUntil); wait > 0 {
		notes = append(notes, fmt.Sprintf("throttled, %s left", wait.Round(time.Second)))
	}
	if st.Halted != nil {
		notes = append(notes, strings.ReplaceAll(haltText(st), "\n", " "))
	}
	b.mu.Lock()
	b.notes[st.Name] = " " + strings.Join(notes, ", ")
	b.mu.Unlock()
}

func (b *bars) draining() {
	b.mu.Lock()
	b.text += "  finishing what is in flight"
	b.mu.Unlock()
}

func (b *bars) close() {
	for _, bar := range b.stage {
		bar.Abort(false)
	}
	b.total.Abort(false)
	b.p.Wait()
}
