package app

import (
	"log/slog"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/longshore/longshore/internal/engine"
	"github.com/longshore/longshore/internal/ledger"
)

// progress shows a run on stderr while it works.
type progress interface {
	update(s ledger.Summary, stages []engine.StageStatus)
	// draining says that work in flight is being finished.
	draining()
	close()
}

// progress chooses bars for a terminal and lines for everything else.
func (a *app) progress(m migration) progress {
	f, isFile := a.stderr.(*os.File)
	switch {
	case a.global.quiet || a.global.noProgress:
		return silent{}
	case isFile && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" && os.Getenv("CI") == "":
		return newBars(a.stderr, m)
	}
	return newLines(a.stderr, m, time.Now)
}

type silent struct{}

func (silent) update(ledger.Summary, []engine.StageStatus) {}
func (silent) draining()                                   {}
func (silent) close()                                      {}

// logger writes what people must act on to stderr.
func (a *app) logger() *slog.Logger {
	level := slog.LevelWarn
	switch {
	case a.global.quiet:
		level = slog.LevelError
	case a.global.verbose == 1:
		level = slog.LevelInfo
	case a.global.verbose > 1:
		level = slog.LevelDebug
	}
	o := &slog.HandlerOptions{Level: level}
	w := a.stderr
	if a.global.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
