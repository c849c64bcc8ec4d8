package stagetest

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// patience is the faked time that a delivery may take. Handlers look and answer
// Later, they do not wait.
const patience = time.Minute

// answer is how a delivery ended.
type answer struct {
	out      []stage.Envelope
	err      error
	panicked string
}

// handle calls h once and catches a panic.
func handle(ctx context.Context, h stage.Handler, in stage.Envelope) (a answer) {
	defer func() {
		if r := recover(); r != nil {
			a.panicked = fmt.Sprintf("%v\n%s", r, culprit(debug.Stack()))
		}
	}()
	a.out, a.err = h.Handle(ctx, in)
	return a
}

// culprit is the place in a stack where the panic was raised.
func culprit(stack []byte) string {
	lines := strings.Split(string(stack), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "panic(") {
			return strings.Join(lines[min(i+2, len(lines)):min(i+6, len(lines))], "\n")
		}
	}
	return string(stack)
}

// deliver hands in to h, alone and undisturbed.
func (c *check) deliver(h stage.Handler, in stage.Envelope) (a answer) {
	finished := c.bubble(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		a = handle(ctx, h, in)
	})
	if !finished {
		c.fatalf("the handler did not return: it waits for something that never comes")
	}
	return a
}

// bubble runs f with a faked clock and waits for everything that f started.
// It says whether f came to its end; goroutines that f leaves behind are
// abandoned, see leftBehind.
func (c *check) bubble(f func()) bool {
	type end struct {
		finished bool
		panicked any
	}
	ended := make(chan end, 1)
	go func() {
		var e end
		// synctest panics when goroutines of the bubble are blocked for good.
		defer func() { _ = recover(); ended <- e }()
		synctest.Test(c.t, func(*testing.T) {
			defer func() { e.panicked = recover() }()
			f()
			e.finished = true
		})
	}()
	timeout := time.NewTimer(c.cfg.stuckAfter)
	defer timeout.Stop()
	select {
	case e := <-ended:
		if e.panicked != nil {
			panic(e.panicked)
		}
		return e.finished
	case <-timeout.C:
		c.fatalf("a delivery does not come to rest within %s: it never ends, or it waits for a mutex, "+
			"which no context can interrupt (is one held during a call of a port?)", c.cfg.stuckAfter)
		return false
	}
}

// goroutines returns the goroutines of the caller's bubble by number.
func goroutines() map[string]string {
	buf := make([]byte, 1<<16)
	for n := runtime.Stack(buf, true); n == len(buf); n = runtime.Stack(buf, true) {
		buf = make([]byte, 2*len(buf))
	}
	blocks := strings.Split(strings.TrimRight(string(buf), "\x00\n"), "\n\n")
	_, own, _ := strings.Cut(header(blocks[0]), "synctest bubble ")
	all := map[string]string{}
	for _, b := range blocks {
		if _, bubble, ok := strings.Cut(header(b), "synctest bubble "); ok && bubble == own {
			id, _, _ := strings.Cut(strings.TrimPrefix(b, "goroutine "), " ")
			all[id] = b
		}
	}
	return all
}

// header is the first line of a goroutine's trace, such as
// "goroutine 9 [select (durable), synctest bubble 4]:".
func header(trace string) string {
	line, _, _ := strings.Cut(trace, "]:\n")
	return line
}

// leftBehind returns the traces of goroutines that are there now and are not
// in before.
func leftBehind(before map[string]string) []string {
	synctest.Wait()
	var left []string
	for id, trace := range goroutines() {
		if _, old := before[id]; !old {
			left = append(left, trace)
		}
	}
	return left
}
