package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// call is one request on its way through a handler.
type call struct {
	w    http.ResponseWriter
	r    *http.Request
	args args
	now  time.Time
	// hosts are the base addresses that the answer names.
	hosts Hosts
	// key is what the request carries; keyGiven says that the request carried a key, signedIn that it is the
	// right one.
	key                string
	keyGiven, signedIn bool
	// emptyPages is Guesses.EmptyPages.
	emptyPages bool
	// faults are those that apply to this request.
	faults effects
}

// handler answers a call. It returns its answer instead of writing it, so that
// a fault can lose the answer after the effect took place. Only downloads
// write by themselves.
type handler func(*call) (reply, error)

// reply is an answer still to be written.
type reply struct {
	status int
	header http.Header
	// body is encoded as JSON unless it is []byte; nil for none.
	body any
	// written says that the handler has answered already.
	written bool
}

// serve takes a request through count, faults, limit, credentials and
// handler.
func (s *Server) serve(role Role, path string, w http.ResponseWriter, r *http.Request) {
	c := &call{w: w, r: r, now: s.now(), hosts: s.hostsFor(r), emptyPages: s.opts.Guesses.EmptyPages}
	rt, args, allowed := s.routes.find(role, r.Method, path)
	if role == roleControl {
		s.serveControl(c, rt, args)
		return
	}
	c.args = args
	key, given := credentials(r, s.opts.PlainBearer)
	c.key, c.keyGiven, c.signedIn = key, given, given && s.knowsKey(key)
	label := "unmatched"
	if rt != nil {
		label = rt.label
	}
	c.faults = s.faults.match(role, r.Method, strings.TrimPrefix(path, "/v1"), label)
	if c.faults.any {
		s.stats.faulted.Add(1)
	}
	body := &countingBody{ReadCloser: r.Body, idle: s.opts.IdleTimeout, control: http.NewResponseController(w)}
	r.Body = c.faults.wrapBody(body)
	out := &countingWriter{ResponseWriter: c.faults.wrapWriter(w)}
	c.w = out
	// Counted before a connection is cut: the peer may ask for the counters
	// as soon as it notices.
	count := sync.OnceFunc(func() {
		body.rest()
		s.stats.count(role, label, out.status, body.n, out.n)
	})
	defer count()

	if !c.faults.delay(r.Context()) {
		return
	}
	var throttled error
	if role == RoleAPI {
		throttled = s.limit(c)
	}
	rep, err := s.answer(c, role, rt, allowed, throttled)
	if body.aborted {
		// The peer is gone, or a fault cuts the connection in the middle of
		// the request: nobody is to read an answer.
		count()
		drop(w)
		return
	}
	if body.stalled {
		out.Header().Set("Connection", "close")
	}
	if c.faults.answerLost {
		out.status = statusLost
		count()
		drop(w)
		return
	}
	if rep.written {
		return
	}
	if canned, ok := c.faults.answerAfter(); ok {
		rep, err = canned, nil
	}
	write(out, rep, err, r.Method)
}

func ok(body any) (reply, error)      { return reply{status: http.StatusOK, body: body}, nil }
func created(body any) (reply, error) { return reply{status: http.StatusCreated, body: body}, nil }
func noContent() (reply, error)       { return reply{status: http.StatusNoContent}, nil }

// answer finds out what to say, without saying it.
func (s *Server) answer(c *call, role Role, rt *route, allowed []string, throttled error) (reply, error) {
	if canned, ok := c.faults.answerBefore(); ok {
		drain(c.r)
		return canned, nil
	}
	switch {
	case rt == nil && len(allowed) > 0:
		return reply{}, errMethod(c.r.Method, allowed)
	case rt == nil:
		return reply{}, errNotFound
	case throttled != nil:
		return reply{}, throttled
	}
	if err := s.admit(c, rt.access); err != nil {
		if role == RoleUpload && c.r.Header.Get("Expect") == "" {
			drain(c.r)
		}
		return reply{}, err
	}
	s.retainAll(c.now)
	return rt.handle(c)
}

// drain reads what the peer still sends. A peer that does not look at the
// answer before it has sent everything would only see a broken connection
// otherwise.
func drain(r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }

// write sends an answer.
func write(w http.ResponseWriter, rep reply, err error, method string) {
	var refused *apiError
	switch {
	case errors.As(err, &refused):
		rep = refused.reply()
	case err != nil:
		rep = reply{status: http.StatusInternalServerError, body: detail(err.Error())}
	}
	h := w.Header()
	maps.Copy(h, rep.header)
	var data []byte
	switch b := rep.body.(type) {
	case nil:
	case []byte:
		data = b
	default:
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(b); err != nil {
			rep.status = http.StatusInternalServerError
		}
		data = buf.Bytes()
		if h.Get("Content-Type") == "" {
			h.Set("Content-Type", "application/json")
		}
		h.Set("Vary", "Accept, Cookie")
	}
	if rep.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(data)))
	}
	w.WriteHeader(rep.status)
	if method != http.MethodHead && len(data) > 0 {
		// An error here means that the peer left; there is nobody to tell.
		_, _ = w.Write(data)
	}
}

// hostsFor fills in the base addresses that were not configured: the ones
// under which this request arrived.
func (s *Server) hostsFor(r *http.Request) Hosts {
	h := s.opts.Hosts
	base := "http://" + r.Host
	if r.TLS != nil {
		base = "https://" + r.Host
	}
	setDefault(&h.API, base+RoleAPI.prefix())
	setDefault(&h.Upload, base+RoleUpload.prefix())
	setDefault(&h.S3, base+RoleS3.prefix())
	setDefault(&h.Download, base+RoleDownload.prefix())
	return h
}

// drop closes the connection without an answer, as a machine that dies does.
func drop(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		// No connection to take over, as under HTTP/2 or in a recorder.
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
