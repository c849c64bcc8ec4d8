package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// statusLost is what the counters show for an answer that a fault lost.
const statusLost = 0

// errCut: a fault cut the connection.
var errCut = errors.New("connection cut by a fault")

// effects are the faults that fire on one request.
type effects struct {
	any        bool
	latency    time.Duration
	before     *Fault
	after      *Fault
	set        map[string]string
	remove     []string
	answerLost bool

	resetRequest  *int64
	resetResponse *int64
	truncate      *int64
	flip          bool

	discard bool
	corrupt bool
	sync    *SyncFault
	listLag time.Duration
}

func (e *effects) add(f Fault) {
	e.any = true
	e.latency += time.Duration(f.Latency)
	switch {
	case f.Status != 0 && f.AfterEffect:
		e.after = &f
	case f.Status != 0:
		e.before = &f
	case len(f.Headers) > 0:
		e.set = f.Headers
	}
	e.remove = append(e.remove, f.RemoveHeaders...)
	e.answerLost = e.answerLost || f.AnswerLost
	setPointer(&e.resetRequest, f.ResetRequest)
	setPointer(&e.resetResponse, f.ResetResponse)
	setPointer(&e.truncate, f.Truncate)
	e.flip = e.flip || f.CorruptResponse
	e.discard = e.discard || f.DiscardBytes
	e.corrupt = e.corrupt || f.CorruptStored
	setPointer(&e.sync, f.Sync)
	e.listLag += time.Duration(f.ListLag)
}

func setPointer[T any](field **T, value *T) {
	if value != nil {
		*field = value
	}
}

// delay waits for the latency and says whether the peer is still there.
func (e effects) delay(ctx context.Context) bool {
	if e.latency == 0 {
		return true
	}
	t := time.NewTimer(e.latency)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (e effects) answerBefore() (reply, bool) {
	if e.before == nil {
		return reply{}, false
	}
	return e.before.answer(), true
}

func (e effects) answerAfter() (reply, bool) {
	if e.after == nil {
		return reply{}, false
	}
	return e.after.answer(), true
}

func (e effects) wrapBody(b *countingBody) io.ReadCloser {
	if e.resetRequest == nil {
		return b
	}
	return &cutBody{countingBody: b, left: *e.resetRequest}
}

// cutBody ends in the middle, as a request does whose connection breaks.
type cutBody struct {
	*countingBody
	left int64
}

func (b *cutBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		b.aborted = true
		return 0, errCut
	}
	n, err := b.countingBody.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

func (e effects) wrapWriter(w http.ResponseWriter) http.ResponseWriter {
	if e.set == nil && e.remove == nil && e.resetResponse == nil && e.truncate == nil && !e.flip {
		return w
	}
	fw := &faultyWriter{ResponseWriter: w, effects: e, left: -1}
	if e.truncate != nil {
		fw.left = *e.truncate
	}
	if e.resetResponse != nil {
		fw.left, fw.abrupt = *e.resetResponse, true
	}
	return fw
}

// faultyWriter sends an answer that is wrong.
type faultyWriter struct {
	http.ResponseWriter
	effects effects
	// left is how many bytes of the body still go out; -1 for all.
	left    int64
	abrupt  bool
	started bool
	cut     bool
}

func (w *faultyWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *faultyWriter) WriteHeader(status int) {
	if w.started {
		return
	}
	w.started = true
	for _, name := range w.effects.remove {
		w.Header().Del(name)
	}
	for name, value := range w.effects.set {
		w.Header().Set(name, value)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *faultyWriter) Write(p []byte) (int, error) {
	if w.cut {
		return 0, errCut
	}
	if !w.started {
		w.WriteHeader(http.StatusOK)
	}
	if w.effects.flip && len(p) > 0 {
		p = append([]byte(nil), p...)
		p[len(p)/2] ^= 1
		w.effects.flip = false
	}
	if w.left < 0 || int64(len(p)) <= w.left {
		if w.left >= 0 {
			w.left -= int64(len(p))
		}
		return w.ResponseWriter.Write(p)
	}
	n, _ := w.ResponseWriter.Write(p[:w.left])
	w.cut = true
	_ = http.NewResponseController(w.ResponseWriter).Flush()
	conn, _, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok && w.abrupt {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
	return n, errCut
}

// answer is what f.Status stands for.
func (f Fault) answer() reply {
	rep := reply{status: f.Status, header: http.Header{}}
	if f.RetryAfter != "" {
		rep.header.Set("Retry-After", f.RetryAfter)
	}
	switch {
	case f.Body != "":
		rep.body = []byte(f.Body)
		rep.header.Set("Content-Type", "application/json")
		if strings.HasPrefix(f.Body, "<") {
			rep.header.Set("Content-Type", "text/html")
		}
	case f.HTML:
		rep.body = []byte(fmt.Sprintf("<html><head><title>%d %s</title></head><body>oops</body></html>\n", f.Status, http.StatusText(f.Status)))
		rep.header.Set("Content-Type", "text/html")
	case f.Status != http.StatusNoContent:
		rep.body = detail(http.StatusText(f.Status) + ".")
	}
	for k, v := range f.Headers {
		rep.header.Set(k, v)
	}
	return rep
}
