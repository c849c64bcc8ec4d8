package emulator

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// errIdle: the peer announced bytes and sends none.
var errIdle = errors.New("nothing arrived within the idle timeout")

// countingBody counts the bytes of a request and gives up on a peer that
// stalls. A client that repeats a request with the old length and no bytes
// would hang for ever otherwise.
type countingBody struct {
	io.ReadCloser
	idle    time.Duration
	control *http.ResponseController
	n       int64
	// aborted says that the connection broke in the middle of the body.
	aborted bool
	// stalled says that it sent nothing for too long.
	stalled bool
}

func (b *countingBody) Read(p []byte) (int, error) {
	// Not every writer has deadlines; without one the body just waits.
	_ = b.control.SetReadDeadline(time.Now().Add(b.idle))
	n, err := b.ReadCloser.Read(p)
	b.n += int64(n)
	switch {
	case err == nil, err == io.EOF:
	case errors.Is(err, os.ErrDeadlineExceeded):
		err, b.stalled = errIdle, true
	default:
		b.aborted = true
	}
	return n, err
}

// rest lifts the deadline, which would otherwise end the next request on the
// connection. After a stall it stays: net/http wants to read what is left of
// the body, and would wait for it.
func (b *countingBody) rest() {
	if !b.stalled {
		_ = b.control.SetReadDeadline(time.Time{})
	}
}

// countingWriter remembers the status and counts the bytes of an answer.
type countingWriter struct {
	http.ResponseWriter
	status int
	n      int64
}

func (w *countingWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *countingWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.n += int64(n)
	return n, err
}

func (w *countingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
