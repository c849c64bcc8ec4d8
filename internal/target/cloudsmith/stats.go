package cloudsmith

import (
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// Kind is what a request is for.
type Kind string

// The kinds of requests.
const (
	KindUpload Kind = "upload" // bytes: a direct upload or a part
	KindFiles  Kind = "files"  // bookkeeping of uploads in parts
	KindCreate Kind = "create"
	KindFind   Kind = "find"
	KindList   Kind = "list" // pages for the status board and the catalog
	KindStatus Kind = "status"
	KindRemove Kind = "remove"
	KindCheck  Kind = "check"
)

// Kinds lists every Kind.
func Kinds() []Kind {
	return []Kind{KindUpload, KindFiles, KindCreate, KindFind, KindList, KindStatus, KindRemove, KindCheck}
}

// Stats counts what a Target sent.
type Stats struct {
	// Requests by kind, redirects included.
	Requests map[Kind]int64 `json:"requests"`
	// Total is their sum.
	Total int64 `json:"total"`
	// Throttled counts the answers that asked for patience.
	Throttled int64 `json:"throttled"`
	// Bytes of files that were sent, repetitions included.
	Bytes int64 `json:"bytes"`
}

type counters struct {
	requests  map[Kind]*atomic.Int64 // fixed keys
	throttled atomic.Int64
	bytes     atomic.Int64

	codes  *prometheus.CounterVec
	budget prometheus.Gauge
}

func newCounters(reg prometheus.Registerer) (*counters, error) {
	c := &counters{
		requests: map[Kind]*atomic.Int64{},
		codes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "longshore_api_requests_total",
			Help: "Requests sent to the target by status code; none for no answer.",
		}, []string{"code"}),
		budget: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "longshore_api_budget_remaining",
			Help: "Requests left to the account in the current window, as last reported.",
		}),
	}
	for _, k := range Kinds() {
		c.requests[k] = new(atomic.Int64)
	}
	if reg == nil {
		return c, nil
	}
	var err1, err2 error
	c.codes, err1 = register(reg, c.codes)
	c.budget, err2 = register(reg, c.budget)
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("registering metrics: %w", err)
	}
	return c, nil
}

// register also accepts that another Target of this process was first.
func register[C prometheus.Collector](reg prometheus.Registerer, c C) (C, error) {
	err := reg.Register(c)
	if there, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if same, ok := there.ExistingCollector.(C); ok {
			return same, nil
		}
	}
	return c, err
}

// answered counts the end of a request; status 0 for no answer.
func (c *counters) answered(status int, o Outcome) {
	code := "none"
	if status != 0 {
		code = strconv.Itoa(status)
	}
	c.codes.WithLabelValues(code).Inc()
	if o.Throttled {
		c.throttled.Add(1)
	}
	if o.Limit > 0 {
		c.budget.Set(float64(o.Remaining))
	}
}

// Stats returns what was sent so far.
func (t *Target) Stats() Stats {
	s := Stats{Requests: map[Kind]int64{}, Throttled: t.counters.throttled.Load(), Bytes: t.counters.bytes.Load()}
	for k, n := range t.counters.requests {
		if v := n.Load(); v > 0 {
			s.Requests[k] = v
			s.Total += v
		}
	}
	return s
}
