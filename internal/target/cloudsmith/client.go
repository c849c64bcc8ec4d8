package cloudsmith

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/longshore/longshore/internal/httpx"
)

// maxRedirects are followed for one call.
const maxRedirects = 4

// patience is how long a call waits for the governor unless it says otherwise.
// A handler must not wait for the far side; this much smooths a short budget.
const patience = 5 * time.Second

// client sends requests: governor, credentials, time limits, redirects,
// counting and classification are here and nowhere else.
type client struct {
	http        *http.Client
	api, upload *url.URL
	owner, repo string
	key         string
	userAgent   string
	timeout     time.Duration
	idle        time.Duration
	governor    Governor
	counters    *counters
	now         func() time.Time
}

// request is one call of the API.
type request struct {
	kind   Kind
	method string
	// url is absolute. Its query never appears in errors.
	url *url.URL
	// json is encoded as the body, unless nil.
	json any
	// patience for the governor; the package's constant if 0.
	patience time.Duration
}

// apiURL is the URL of an API path. Segments are escaped one by one, and every
// path of the API ends in a slash.
func (c *client) apiURL(segments ...string) *url.URL {
	return joinPath(c.api, true, segments...)
}

func joinPath(base *url.URL, slash bool, segments ...string) *url.URL {
	u := *base
	raw := u.EscapedPath()
	for _, s := range segments {
		u.Path += "/" + s
		raw += "/" + url.PathEscape(s)
	}
	if slash {
		u.Path += "/"
		raw += "/"
	}
	u.RawPath = raw
	return &u
}

// do sends r and hands a successful answer to read, within one time limit. An
// error of read counts as one of the line: the request was sent and its
// outcome is unclear.
func (c *client) do(ctx context.Context, r request, read func(*http.Response) error) error {
	var body []byte
	if r.json != nil {
		var err error
		if body, err = json.Marshal(r.json); err != nil {
			return fmt.Errorf("encoding a request: %w", err)
		}
	}
	wait := r.patience
	if wait == 0 {
		wait = patience
	}
	label := r.method + " " + r.url.EscapedPath()
	target, method := r.url, r.method
	for range maxRedirects + 1 {
		next, err := c.once(ctx, exchange{
			kind: r.kind, method: method, url: target, label: label, cost: 1, patience: wait,
			limit: c.timeout, body: bytes.NewReader(body), size: int64(len(body)), json: r.json != nil,
			read: read,
		})
		if err != nil || next == nil {
			return err
		}
		target = next
	}
	return &transportError{label: label, sent: false, err: fmt.Errorf("more than %d redirects", maxRedirects)}
}

// exchange is one HTTP request and its answer.
type exchange struct {
	kind     Kind
	method   string
	url      *url.URL
	label    string
	cost     int
	patience time.Duration
	// limit ends the exchange after so long; with idle set it is counted from
	// the last progress.
	limit time.Duration
	idle  bool
	// body of size bytes; progress of an idle exchange is reported through it.
	body     io.Reader
	size     int64
	json     bool
	header   http.Header
	progress *func()
	read     func(*http.Response) error
}

// once performs x. It returns where the answer redirects to, or nil. Whatever
// the outcome, nobody reads x.body any more when it returns.
func (c *client) once(ctx context.Context, x exchange) (redirect *url.URL, err error) {
	done, err := c.governor.Admit(ctx, Admission{Cost: x.cost, Patience: x.patience})
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", x.label, ctx.Err())
		}
		return nil, &transportError{label: x.label, sent: false, err: err}
	}
	var status int
	var outcome Outcome
	defer func() {
		c.counters.answered(status, outcome)
		done(outcome)
	}()

	reason := errTimeout
	if x.idle {
		reason = errIdle
	}
	sendCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(x.limit, func() { cancel(reason) })
	defer timer.Stop()
	if x.progress != nil {
		*x.progress = func() { timer.Reset(x.limit) }
	}
	var sent atomic.Bool
	sendCtx = httptrace.WithClientTrace(sendCtx, &httptrace.ClientTrace{
		WroteHeaders: func() { sent.Store(true) },
	})

	broken := func(err error) error {
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w", x.label, ctx.Err())
		}
		if cause := context.Cause(sendCtx); errors.Is(cause, reason) {
			err = reason
		}
		// url.Error repeats the URL with its query.
		if ue, ok := errors.AsType[*url.Error](err); ok {
			err = ue.Err
		}
		return &transportError{label: x.label, sent: sent.Load(), err: err}
	}

	req, body, err := c.build(sendCtx, x)
	if err != nil {
		return nil, err
	}
	c.counters.requests[x.kind].Add(1)
	resp, err := c.http.Do(req)
	if err != nil {
		body.wait()
		return nil, broken(err)
	}
	status = resp.StatusCode
	outcome = c.outcome(resp)
	defer func() {
		_ = resp.Body.Close()
		cancel(nil) // ends an upload that was answered before its end
		body.wait()
	}()

	switch {
	case status >= 200 && status < 300:
		if x.read == nil {
			return nil, nil
		}
		if err := x.read(resp); err != nil {
			return nil, broken(fmt.Errorf("reading the answer: %w", err))
		}
		// Reading to the end lets the connection be used again.
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
		return nil, nil
	case isRedirect(status):
		return c.follow(x, resp)
	default:
		r := readRefusal(x.label, resp, c.key)
		r.wait, r.waits = outcome.Wait, resp.Header.Get("Retry-After") != ""
		return nil, c.classify(r)
	}
}

func (c *client) build(ctx context.Context, x exchange) (*http.Request, *sentBody, error) {
	req, err := http.NewRequestWithContext(ctx, x.method, x.url.String(), nil)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", x.label, errors.New("the address cannot be used"))
	}
	var body *sentBody
	if x.size > 0 {
		body = newSentBody(x.body)
		req.Body, req.ContentLength = body, x.size
	} else if x.method == http.MethodPut || x.method == http.MethodPost {
		// A body of no bytes and no body are different things on the wire.
		req.Body, req.ContentLength = http.NoBody, 0
	}
	maps.Copy(req.Header, x.header)
	req.Header.Set("User-Agent", c.userAgent)
	if x.json {
		req.Header.Set("Content-Type", "application/json")
	}
	if x.kind != KindUpload {
		req.Header.Set("Accept", "application/json")
	}
	if c.trusted(x.url) {
		req.Header.Set("X-Api-Key", c.key)
	}
	return req, body, nil
}

// trusted says whether the key may go to u: to the two hosts that the operator
// named, in the same scheme.
func (c *client) trusted(u *url.URL) bool {
	return sameHost(u, c.api) || sameHost(u, c.upload)
}

func sameHost(a, b *url.URL) bool { return a.Scheme == b.Scheme && a.Host == b.Host }

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// follow returns the address that a redirect names. The call is repeated there
// as it is: the standard client would turn a create into a harmless GET after
// a 301 or 302, and report its success.
func (c *client) follow(x exchange, resp *http.Response) (*url.URL, error) {
	next, err := x.url.Parse(resp.Header.Get("Location"))
	if err != nil || next.Host == "" || resp.Header.Get("Location") == "" {
		return nil, c.classify(&refusal{label: x.label, status: resp.StatusCode, detail: "a redirect to nowhere"})
	}
	if next.Scheme != "https" && !sameHost(next, x.url) && !httpx.Loopback(next.Hostname()) {
		return nil, c.classify(&refusal{label: x.label, status: resp.StatusCode, detail: "a redirect to an address in the clear"})
	}
	return next, nil
}

// outcome reads what an answer says about the budget.
func (c *client) outcome(resp *http.Response) Outcome {
	o := Outcome{Answered: true}
	now := c.now()
	wait, asked := httpx.RetryAfter(resp.Header, now)
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
		o.Throttled, o.Wait = true, wait
	case http.StatusServiceUnavailable:
		o.Throttled, o.Wait = asked, wait
	}
	limit, err1 := strconv.Atoi(resp.Header.Get("X-RateLimit-Limit"))
	remaining, err2 := strconv.Atoi(resp.Header.Get("X-RateLimit-Remaining"))
	reset, err3 := strconv.ParseInt(resp.Header.Get("X-RateLimit-Reset"), 10, 64)
	if err1 == nil && err2 == nil && err3 == nil && limit > 0 {
		// The difference of two times of the same clock does not depend on
		// whether it is right.
		o.Limit, o.Remaining = limit, max(0, remaining)
		o.Reset = time.Unix(reset, 0).Sub(httpx.ServerTime(resp.Header, now))
	}
	return o
}
