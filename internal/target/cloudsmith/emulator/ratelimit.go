package emulator

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// noLimit is what a Server without a limit reports, so that clients which take
// their pace from the headers do not slow down.
const noLimit = 1_000_000_000

// limiter gives every account a number of requests per window. All workers
// that use one key share it.
type limiter struct {
	limit  int
	window time.Duration

	mu       sync.Mutex
	accounts map[string]*budget
}

type budget struct {
	used  int
	reset time.Time
}

func newLimiter(limit int, window time.Duration) *limiter {
	return &limiter{limit: limit, window: window, accounts: map[string]*budget{}}
}

// allowance is what is left of a budget at one moment.
type allowance struct {
	limit, remaining int
	reset            time.Time
	throttled        bool
}

// look returns what account has left, after taking n requests of it. A request
// over the limit takes nothing.
func (l *limiter) look(account string, now time.Time, n int) allowance {
	l.mu.Lock()
	defer l.mu.Unlock()
	limit := l.limit
	if limit == 0 {
		limit = noLimit
	}
	b := l.accounts[account]
	if b == nil || !now.Before(b.reset) {
		b = &budget{reset: now.Add(l.window)}
		l.accounts[account] = b
	}
	throttled := b.used+n > limit
	if !throttled {
		b.used += n
	}
	return allowance{limit: limit, remaining: limit - b.used, reset: b.reset, throttled: throttled}
}

func (l *limiter) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.accounts)
}

// account names the budget that a call draws on.
func (c *call) account() string {
	if c.signedIn {
		return "user"
	}
	return "anonymous"
}

// limit counts a call against its account's budget and sets the headers that
// tell what is left. It refuses the call if nothing is.
func (s *Server) limit(c *call) error {
	a := s.limits.look(c.account(), c.now, 1)
	h := c.w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(a.limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(a.remaining))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(ceilSecond(a.reset), 10))
	h.Set("X-RateLimit-Interval", strconv.FormatFloat(s.opts.PauseHint, 'f', -1, 64))
	if s.opts.PauseHint == 0 {
		h.Set("X-RateLimit-Interval", "0.0")
	}
	if !a.throttled {
		return nil
	}
	s.stats.throttled.Add(1)
	wait := max(1, int((a.reset.Sub(c.now)+time.Second-1)/time.Second))
	return &apiError{
		status: http.StatusTooManyRequests,
		detail: fmt.Sprintf("Request was throttled. Expected available in %d seconds.", wait),
		header: http.Header{"Retry-After": {strconv.Itoa(wait)}},
	}
}

// ceilSecond rounds up, so that who waits until then has waited long enough.
func ceilSecond(t time.Time) int64 {
	return t.Add(time.Second - 1).Unix()
}

type rateResource struct {
	Interval  float64 `json:"interval"`
	Limit     int     `json:"limit"`
	Remaining int     `json:"remaining"`
	Reset     int64   `json:"reset"`
	ResetISO  string  `json:"reset_iso_8601"`
	Throttled bool    `json:"throttled"`
}

// rates answers GET /rates/limits/.
func (s *Server) rates(c *call) (reply, error) {
	a := s.limits.look(c.account(), c.now, 0)
	return ok(map[string]any{"resources": map[string]rateResource{s.opts.Guesses.RateResource: {
		Interval:  s.opts.PauseHint,
		Limit:     a.limit,
		Remaining: a.remaining,
		Reset:     ceilSecond(a.reset),
		ResetISO:  time.Unix(ceilSecond(a.reset), 0).UTC().Format(time.RFC3339),
		Throttled: a.remaining == 0,
	}}})
}
