package emulator

import (
	"cmp"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// renderRepo makes the JSON form of r. s.mu is held.
func (s *Server) renderRepo(r *repo, c *call) map[string]any {
	out := maps.Clone(r.settings)
	for _, st := range repoSettings() {
		if st.nullable && out[st.name] == "" {
			out[st.name] = nil
		}
	}
	quarantined, violated := 0, 0
	names := map[string]bool{}
	for _, p := range r.order {
		names[p.name] = true
		if p.quarantined {
			quarantined++
		}
		if p.violates {
			violated++
		}
	}
	path := escape(r.owner, r.slug)
	maps.Copy(out, map[string]any{
		"cdn_url": c.hosts.Download + "/" + path, "created_at": timeText(r.created), "deleted_at": nil,
		"ecdsa_keys": []any{}, "gpg_keys": []any{},
		"is_open_source": r.kind() == "Open-Source", "is_private": r.kind() == "Private", "is_public": r.kind() == "Public",
		"name": r.name, "namespace": r.owner, "namespace_url": c.hosts.API + "/v1/namespaces/" + escape(r.owner) + "/",
		"num_downloads": r.downloads, "num_policy_violated_packages": violated, "num_quarantined_packages": quarantined,
		"package_count": len(r.order), "package_count_excl_subcomponents": len(r.order), "package_group_count": len(names),
		"repository_type": 1 + slices.Index(kinds(), r.kind()),
		"self_html_url":   "https://cloudsmith.io/~" + escape(r.owner) + "/repos/" + escape(r.slug) + "/",
		"self_url":        c.hosts.API + "/v1/repos/" + path + "/", "self_webapp_url": "https://app.cloudsmith.com/" + path,
		"size": r.size, "size_str": sizeText(r.size), "slug": r.slug, "slug_perm": r.perm,
	})
	return out
}

// listRepos answers GET /repos/ and GET /repos/{owner}/.
func (s *Server) listRepos(c *call) (reply, error) {
	if owner, named := c.args["owner"]; named && owner != s.opts.Owner {
		return reply{}, errNotFound
	}
	page, err := readPage(c)
	if err != nil {
		return reply{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := slices.SortedFunc(maps.Values(s.repos), func(a, b *repo) int { return cmp.Compare(a.slug, b.slug) })
	if text := strings.ToLower(c.r.URL.Query().Get("query")); text != "" {
		all = slices.DeleteFunc(all, func(r *repo) bool { return !strings.Contains(strings.ToLower(r.name+" "+r.slug), text) })
	}
	from, to, err := page.cut(c, len(all))
	if err != nil {
		return reply{}, err
	}
	bodies := []map[string]any{}
	for _, r := range all[from:to] {
		bodies = append(bodies, s.renderRepo(r, c))
	}
	return ok(bodies)
}

// getRepo answers GET /repos/{owner}/{repo}/.
func (s *Server) getRepo(c *call) (reply, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.repoOf(c)
	if err != nil {
		return reply{}, err
	}
	return ok(s.renderRepo(r, c))
}

// repoNames is what the specification allows as a name.
func repoNames() *regexp.Regexp { return regexp.MustCompile(`^\w[\w \-'./()]+$`) }

// repoForm is a checked create or patch request.
type repoForm struct {
	name, slug string
	settings   map[string]any
}

func (f repoForm) apply(r *repo) {
	if f.name != "" {
		r.name = f.name
	}
	maps.Copy(r.settings, f.settings)
}

// readRepo checks the body of a create or patch call.
func readRepo(c *call, isNew bool) (repoForm, error) {
	in, err := readObject(c.r)
	if err != nil {
		return repoForm{}, err
	}
	v := validator{in: in}
	f := repoForm{
		name: v.text("name", limits{required: isNew, max: 50, pattern: repoNames()}),
		slug: v.text("slug", limits{max: 50}),
	}
	f.settings = readSettings(&v)
	if f.slug == "" {
		f.slug = strings.Trim(regexp.MustCompile(`[^a-z0-9_]+`).ReplaceAllString(strings.ToLower(f.name), "-"), "-")
	}
	return f, v.err()
}

// createRepo answers POST /repos/{owner}/.
func (s *Server) createRepo(c *call) (reply, error) {
	if c.args["owner"] != s.opts.Owner {
		return reply{}, errNotFound
	}
	f, err := readRepo(c, true)
	if err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.repos[f.slug] != nil {
		return reply{}, invalidField("slug", "A repository with this slug exists already.")
	}
	r := s.newRepo(f.slug, c.now)
	f.apply(r)
	s.repos[f.slug] = r
	s.record(c, "repository.create", r.auditObject())
	return created(s.renderRepo(r, c))
}

// patchRepo answers PATCH /repos/{owner}/{repo}/.
func (s *Server) patchRepo(c *call) (reply, error) {
	f, err := readRepo(c, false)
	if err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.repoOf(c)
	if err != nil {
		return reply{}, err
	}
	f.apply(r)
	s.record(c, "repository.update", r.auditObject())
	return ok(s.renderRepo(r, c))
}

// deleteRepo answers DELETE /repos/{owner}/{repo}/, which by the specification
// is a 200 and not a 204.
func (s *Server) deleteRepo(c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.repoOf(c)
	if err != nil {
		return reply{}, err
	}
	for len(r.order) > 0 {
		s.discard(r.order[len(r.order)-1])
	}
	delete(s.repos, r.slug)
	s.record(c, "repository.delete", r.auditObject())
	return reply{status: http.StatusOK}, nil
}
