package emulator

import (
	"maps"
	"slices"
	"strings"
)

// listTokens answers GET /entitlements/{owner}/{repo}/.
func (s *Server) listTokens(c *call) (reply, error) {
	page, err := readPage(c)
	if err != nil {
		return reply{}, err
	}
	q := c.r.URL.Query()
	name := strings.ToLower(q.Get("query"))
	onlyActive, _ := parseBool(q.Get("active"))
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.repoOf(c)
	if err != nil {
		return reply{}, err
	}
	var found []*token
	for _, t := range r.tokens {
		if strings.Contains(strings.ToLower(t.name), name) && (t.active || !onlyActive) {
			found = append(found, t)
		}
	}
	from, to, err := page.cut(c, len(found))
	if err != nil {
		return reply{}, err
	}
	out := []map[string]any{}
	for _, t := range found[from:to] {
		out = append(out, t.render(r, c))
	}
	return ok(out)
}

// getToken answers GET /entitlements/{owner}/{repo}/{id}/.
func (s *Server) getToken(c *call) (reply, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, t, err := s.tokenOf(c)
	if err != nil {
		return reply{}, err
	}
	return ok(t.render(r, c))
}

// readToken checks the body of a call that makes or changes a token and
// returns what it changes.
func readToken(c *call, isNew bool) (func(*token), error) {
	in, err := readObject(c.r)
	if err != nil {
		return nil, err
	}
	v := validator{in: in}
	name := v.text("name", limits{required: isNew, min: 1})
	secret := v.text("token", limits{min: 1})
	active := v.flag("is_active")
	v.text("limit_package_query", limits{max: 1024})
	v.text("limit_path_query", limits{max: 1024})
	v.choice("limit_bandwidth_unit", "Byte", "Kilobyte", "Megabyte", "Gigabyte", "Terabyte", "Petabyte", "Exabyte", "Zettabyte", "Yottabyte")
	v.choice("scheduled_reset_period", "Never Reset", "Daily", "Weekly", "Fortnightly", "Monthly", "Bi-Monthly", "Quarterly", "Every 6 months", "Annual")
	return func(t *token) {
		if name != "" {
			t.name = name
		}
		if secret != "" {
			t.secret = secret
		}
		if active != nil {
			t.active = *active
		}
		for setting := range tokenSettings() {
			if value, given := in[setting]; given {
				t.settings[setting] = value
			}
		}
		t.updated = c.now
	}, v.err()
}

// createToken answers POST /entitlements/{owner}/{repo}/.
func (s *Server) createToken(c *call) (reply, error) {
	set, err := readToken(c, true)
	if err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.repoOf(c)
	if err != nil {
		return reply{}, err
	}
	t := r.addToken("", c.now)
	set(t)
	s.record(c, "entitlement.create", auditObject{"entitlement", t.name, t.perm, r})
	return created(t.render(r, c))
}

// patchToken answers PATCH …/{id}/.
func (s *Server) patchToken(c *call) (reply, error) {
	set, err := readToken(c, false)
	if err != nil {
		return reply{}, err
	}
	return s.changeToken(c, set)
}

// refreshToken answers POST …/{id}/refresh/: a new secret, the given one or a
// random one.
func (s *Server) refreshToken(c *call) (reply, error) {
	set, err := readToken(c, false)
	if err != nil {
		return reply{}, err
	}
	return s.changeToken(c, func(t *token) {
		t.secret = randomText(16)
		set(t)
	})
}

// changeToken changes the token of a call and answers with it.
func (s *Server) changeToken(c *call, set func(*token)) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, t, err := s.tokenOf(c)
	if err != nil {
		return reply{}, err
	}
	set(t)
	return ok(t.render(r, c))
}

// enableToken answers POST …/{id}/enable/, disableToken …/disable/ and
// resetToken …/reset/, which forgets what was downloaded.
func (s *Server) enableToken(c *call) (reply, error) {
	return s.silently(c, func(t *token) { t.active = true })
}

func (s *Server) disableToken(c *call) (reply, error) {
	return s.silently(c, func(t *token) { t.active = false })
}

func (s *Server) resetToken(c *call) (reply, error) {
	return s.silently(c, func(t *token) { t.downloads, t.bytes = 0, 0 })
}

// silently is changeToken without a body in the answer.
func (s *Server) silently(c *call, set func(*token)) (reply, error) {
	if _, err := s.changeToken(c, set); err != nil {
		return reply{}, err
	}
	return noContent()
}

// deleteToken answers DELETE …/{id}/.
func (s *Server) deleteToken(c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, t, err := s.tokenOf(c)
	if err != nil {
		return reply{}, err
	}
	r.tokens = slices.DeleteFunc(r.tokens, func(other *token) bool { return other == t })
	s.record(c, "entitlement.delete", auditObject{"entitlement", t.name, t.perm, r})
	return noContent()
}

// syncTokens answers POST /entitlements/{owner}/{repo}/sync/: the tokens of
// another repository that this one lacks.
func (s *Server) syncTokens(c *call) (reply, error) {
	in, err := readObject(c.r)
	if err != nil {
		return reply{}, err
	}
	v := validator{in: in}
	source := v.text("source", limits{required: true})
	if err := v.err(); err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.repoOf(c)
	if err != nil {
		return reply{}, err
	}
	from := s.repos[source]
	if from == nil {
		return reply{}, invalidField("source", "The repository '"+source+"' does not exist.")
	}
	out := []map[string]any{}
	for _, t := range from.tokens {
		if t.standard || r.findToken(t.secret) != nil {
			continue
		}
		twin := r.addToken(t.name, c.now)
		twin.secret, twin.active, twin.settings = t.secret, t.active, maps.Clone(t.settings)
		out = append(out, twin.render(r, c))
	}
	return ok(map[string]any{"tokens": out})
}
