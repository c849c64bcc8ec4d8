package emulator

import (
	"net/http"
	"slices"
	"time"
)

// DemoPassword is the password of a Server that was given neither a key nor a
// password. Like DemoAPIKey it protects nothing.
const DemoPassword = "longshore-demo-password"

// apiKey is a key of the one user. Server.mu guards it.
type apiKey struct {
	perm, key string
	created   time.Time
}

type apiKeyBody struct {
	Created  string `json:"created"`
	Key      string `json:"key"`
	SlugPerm string `json:"slug_perm"`
}

func (k *apiKey) render() apiKeyBody {
	return apiKeyBody{Created: timeText(k.created), Key: k.key, SlugPerm: k.perm}
}

// knowsKey says whether key is one of the user's.
func (s *Server) knowsKey(key string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.ContainsFunc(s.keys, func(k *apiKey) bool { return k.key == key })
}

// listKeys answers GET /user/tokens/.
func (s *Server) listKeys(c *call) (reply, error) {
	page, err := readPage(c)
	if err != nil {
		return reply{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	from, to, err := page.cut(c, len(s.keys))
	if err != nil {
		return reply{}, err
	}
	out := []apiKeyBody{}
	for _, k := range s.keys[from:to] {
		out = append(out, k.render())
	}
	return ok(map[string]any{"results": out})
}

// createKey answers POST /user/tokens/.
func (s *Server) createKey(c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := &apiKey{perm: newID(), key: randomText(40), created: c.now}
	s.keys = append(s.keys, k)
	return created(k.render())
}

// refreshKey answers PUT /user/tokens/{id}/refresh/: the key gets a new value,
// the old one is worth nothing from now on.
func (s *Server) refreshKey(c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.keys {
		if k.perm == c.args["id"] {
			k.key = randomText(40)
			return ok(k.render())
		}
	}
	return reply{}, errNotFound
}

// logIn answers POST /user/token/: the oldest key for email and password.
func (s *Server) logIn(c *call) (reply, error) {
	in, err := readObject(c.r)
	if err != nil {
		return reply{}, err
	}
	v := validator{in: in}
	email := v.text("email", limits{required: true})
	password := v.text("password", limits{required: true})
	if err := v.err(); err != nil {
		return reply{}, err
	}
	if email != userEmail || s.opts.Password == "" || password != s.opts.Password {
		return reply{}, invalidField("non_field_errors", "Unable to log in with provided credentials.")
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return reply{status: http.StatusCreated, body: map[string]any{
		"token": s.keys[0].key, "two_factor_required": false, "two_factor_token": "none",
	}}, nil
}

// profile answers GET /users/profile/{slug}/.
func (s *Server) profile(c *call) (reply, error) {
	if c.args["slug"] != userSlug {
		return reply{}, errNotFound
	}
	return ok(map[string]any{
		"company": nil, "first_name": "Migration", "last_name": "Service", "job_title": nil, "tagline": nil,
		"joined_at": timeText(s.started), "name": userName, "slug": userSlug, "slug_perm": userPerm,
		"url": "https://cloudsmith.io/~" + userSlug + "/",
	})
}
