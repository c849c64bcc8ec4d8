package emulator

// measured is what one package or token has given out.
type measured struct{ downloads, bytes int64 }

// packageMetrics answers GET /metrics/packages/{owner}/{repo}/.
func (s *Server) packageMetrics(c *call) (reply, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.repoOf(c)
	if err != nil {
		return reply{}, err
	}
	var all []measured
	for _, p := range r.order {
		all = append(all, measured{p.downloads, p.downloads * p.size()})
	}
	return ok(map[string]any{"packages": summarise(all)})
}

// tokenMetrics answers GET /metrics/entitlements/{owner}/ and …/{repo}/.
func (s *Server) tokenMetrics(c *call) (reply, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if c.args["owner"] != s.opts.Owner {
		return reply{}, errNotFound
	}
	var all []measured
	for slug, r := range s.repos {
		if only, named := c.args["repo"]; named && only != slug {
			continue
		}
		for _, t := range r.tokens {
			all = append(all, measured{t.downloads, t.bytes})
		}
	}
	return ok(map[string]any{"tokens": summarise(all)})
}

// spread is the common form of metrics.
type spread[T any] struct {
	Average T `json:"average"`
	Highest T `json:"highest"`
	Lowest  T `json:"lowest"`
	Total   T `json:"total"`
}

func summarise(all []measured) map[string]any {
	active := 0
	var downloads, bytes []int64
	for _, m := range all {
		if m.downloads > 0 {
			active++
		}
		downloads, bytes = append(downloads, m.downloads), append(bytes, m.bytes)
	}
	return map[string]any{
		"active": active, "inactive": len(all) - active, "total": len(all),
		"downloads": spreadOf(downloads, func(n int64) map[string]any { return map[string]any{"value": n} }),
		"bandwidth": spreadOf(bytes, func(n int64) map[string]any {
			return map[string]any{"value": n, "display": sizeText(n), "units": "bytes"}
		}),
	}
}

func spreadOf(values []int64, render func(int64) map[string]any) spread[map[string]any] {
	var highest, lowest, total int64
	for i, n := range values {
		highest, total = max(highest, n), total+n
		if i == 0 || n < lowest {
			lowest = n
		}
	}
	average := total / max(1, int64(len(values)))
	return spread[map[string]any]{render(average), render(highest), render(lowest), render(total)}
}
