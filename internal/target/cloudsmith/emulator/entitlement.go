package emulator

import (
	"maps"
	"slices"
	"time"
)

// token is an entitlement token: the right to download from one repository.
// Server.mu guards it. Its limits are kept and shown; only whether it is
// active has an effect.
type token struct {
	number           int
	perm, name       string
	secret           string
	active, standard bool
	created, updated time.Time
	// settings are the limits as the client gave them.
	settings map[string]any

	downloads, bytes int64
}

func newToken(number int, name string, now time.Time) *token {
	return &token{number: number, perm: newID(), name: name, secret: randomText(16), active: true, created: now, settings: map[string]any{}}
}

// tokenSettings are the properties of a token that have no effect here, with
// their initial values.
func tokenSettings() map[string]any {
	return map[string]any{
		"access_private_broadcasts": false, "eula_required": false, "limit_bandwidth": nil, "limit_bandwidth_unit": "Byte",
		"limit_date_range_from": nil, "limit_date_range_to": nil, "limit_num_clients": nil, "limit_num_downloads": nil,
		"limit_package_query": nil, "limit_path_query": nil, "metadata": nil, "scheduled_reset_at": nil,
		"scheduled_reset_period": "Never Reset",
	}
}

// findToken returns the token that a secret of a download names, if it is
// active.
func (r *repo) findToken(secret string) *token {
	i := slices.IndexFunc(r.tokens, func(t *token) bool { return t.secret == secret && t.active })
	if secret == "" || i < 0 {
		return nil
	}
	return r.tokens[i]
}

// tokenOf returns the token that a call names by its permanent slug. s.mu is
// held.
func (s *Server) tokenOf(c *call) (*repo, *token, error) {
	r, err := s.repoOf(c)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(r.tokens, func(t *token) bool { return t.perm == c.args["id"] })
	if i < 0 {
		return nil, nil, errNotFound
	}
	return r, r.tokens[i], nil
}

// render makes the JSON form of t. The secret is hidden unless the call asks
// for it.
func (t *token) render(r *repo, c *call) map[string]any {
	self := c.hosts.API + "/v1/entitlements/" + escape(r.owner, r.slug) + "/" + t.perm + "/"
	out := tokenSettings()
	limited := false
	for name, value := range t.settings {
		out[name] = value
		limited = limited || value != nil && name != "metadata"
	}
	secret := "**********"
	if show, known := parseBool(c.r.URL.Query().Get("show_tokens")); known && show {
		secret = t.secret
	}
	user := c.hosts.API + "/v1/users/profile/" + userSlug + "/"
	maps.Copy(out, map[string]any{
		"clients": 0, "created_at": timeText(t.created), "created_by": userSlug, "created_by_url": user, "default": t.standard,
		"disable_url": self + "disable/", "enable_url": self + "enable/", "refresh_url": self + "refresh/", "reset_url": self + "reset/",
		"self_url": self, "downloads": t.downloads, "eula_accepted": map[string]any{"identifier": nil, "number": nil},
		"eula_accepted_at": nil, "eula_accepted_from": nil, "has_limits": limited, "is_limited": limited, "identifier": t.number,
		"is_active": t.active, "name": t.name, "slug_perm": t.perm, "token": secret, "updated_at": timeText(t.updated),
		"updated_by": userSlug, "updated_by_url": user, "usage": sizeText(t.bytes), "user": nil, "user_url": nil,
	})
	return out
}
