package emulator

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// retention is the rule by which a repository drops old packages. How the
// real service combines the limits, and how long after an upload it acts, is
// not documented; here every limit counts on its own, 0 is none, and the rule
// acts at once.
type retention struct {
	enabled                     bool
	count, days, size           int64
	byName, byFormat, byPackage bool
	queryText                   string
	query                       query
}

// Limits of the specification.
const (
	maxRetentionCount = 10_000
	maxRetentionDays  = 180
	maxRetentionBytes = 20 << 30
)

func newRetention() retention { return retention{count: 100, days: 28, query: query{allOf{}}} }

func (rt retention) render() map[string]any {
	return map[string]any{
		"retention_enabled": rt.enabled, "retention_count_limit": rt.count, "retention_days_limit": rt.days, "retention_size_limit": rt.size,
		"retention_group_by_name": rt.byName, "retention_group_by_format": rt.byFormat, "retention_group_by_package_type": rt.byPackage,
		"retention_package_query_string": orNull(rt.queryText),
	}
}

// getRetention answers GET /repos/{owner}/{repo}/retention/.
func (s *Server) getRetention(c *call) (reply, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.repoOf(c)
	if err != nil {
		return reply{}, err
	}
	return ok(r.retention.render())
}

// patchRetention answers PATCH /repos/{owner}/{repo}/retention/.
func (s *Server) patchRetention(c *call) (reply, error) {
	in, err := readObject(c.r)
	if err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.repoOf(c)
	if err != nil {
		return reply{}, err
	}
	rt := r.retention
	if err := rt.change(in, c.now); err != nil {
		return reply{}, err
	}
	r.retention = rt
	s.retaining.Store(s.retaining.Load() || rt.enabled)
	s.retain(r, c.now)
	return ok(rt.render())
}

// change reads what a request sets.
func (rt *retention) change(in object, now time.Time) error {
	v := validator{in: in}
	for name, to := range map[string]*bool{
		"retention_enabled": &rt.enabled, "retention_group_by_name": &rt.byName,
		"retention_group_by_format": &rt.byFormat, "retention_group_by_package_type": &rt.byPackage,
	} {
		if b := v.flag(name); b != nil {
			*to = *b
		}
	}
	v.integer("retention_count_limit", maxRetentionCount, &rt.count)
	v.integer("retention_days_limit", maxRetentionDays, &rt.days)
	v.integer("retention_size_limit", maxRetentionBytes, &rt.size)
	if _, given := in["retention_package_query_string"]; given {
		rt.queryText = v.text("retention_package_query_string", limits{})
		q, err := parseQuery(rt.queryText, now)
		if err != nil {
			v.refuse("retention_package_query_string", err.Error())
		}
		rt.query = q
	}
	return v.err()
}

// integer reads a whole number from 0 to most into to, if it is given.
func (v *validator) integer(name string, most int64, to *int64) {
	if v.in[name] == nil {
		return
	}
	n, err := json.Number(strings.TrimSpace(fmt.Sprint(v.in[name]))).Int64()
	switch {
	case err != nil:
		v.refuse(name, "A valid integer is required.")
	case n < 0:
		v.refuse(name, "Ensure this value is greater than or equal to 0.")
	case n > most:
		v.refuse(name, fmt.Sprintf("Ensure this value is less than or equal to %d.", most))
	default:
		*to = n
	}
}

// retainAll applies the rules of all repositories. It costs nothing where
// there are none.
func (s *Server) retainAll(now time.Time) {
	if !s.retaining.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.repos {
		s.retain(r, now)
	}
}

// retain drops what the rule of r does not keep. s.mu is held.
func (s *Server) retain(r *repo, now time.Time) {
	rt := r.retention
	if !rt.enabled {
		return
	}
	type kept struct{ count, size int64 }
	groups := map[string]*kept{}
	oldest := now.AddDate(0, 0, -int(rt.days))
	var drop []*pkg
	for _, p := range slices.Backward(r.order) {
		if !rt.query.matches(p, now) {
			continue
		}
		g := groups[rt.group(p)]
		if g == nil {
			g = &kept{}
			groups[rt.group(p)] = g
		}
		if rt.days > 0 && p.uploaded.Before(oldest) || g.count >= orEndless(rt.count) || g.size+p.size() > orEndless(rt.size) {
			drop = append(drop, p)
			continue
		}
		g.count++
		g.size += p.size()
	}
	for _, p := range drop {
		s.discard(p)
	}
}

func orEndless(limit int64) int64 {
	if limit == 0 {
		return math.MaxInt64
	}
	return limit
}

// group is which packages of a repository the limits count together.
func (rt retention) group(p *pkg) string {
	var key []string
	if rt.byName {
		key = append(key, "n", p.name)
	}
	if rt.byFormat {
		key = append(key, "f", p.format.slug)
	}
	if rt.byPackage {
		// There is one type of package here.
		key = append(key, "t")
	}
	return strings.Join(key, "\x00")
}
