package emulator

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// repoBody is a repository on the wire.
type repoBody struct {
	CDNURL          string `json:"cdn_url"`
	ContentKind     string `json:"content_kind"`
	CreatedAt       string `json:"created_at"`
	Description     string `json:"description"`
	IndexFiles      bool   `json:"index_files"`
	IsOpenSource    bool   `json:"is_open_source"`
	IsPrivate       bool   `json:"is_private"`
	IsPublic        bool   `json:"is_public"`
	Name            string `json:"name"`
	Namespace       string `json:"namespace"`
	NamespaceURL    string `json:"namespace_url"`
	NumDownloads    int64  `json:"num_downloads"`
	PackageCount    int    `json:"package_count"`
	ReplaceDefault  bool   `json:"replace_packages_by_default"`
	RepositoryType  int    `json:"repository_type"`
	RepositoryKind  string `json:"repository_type_str"`
	SelfHTMLURL     string `json:"self_html_url"`
	SelfURL         string `json:"self_url"`
	Size            int64  `json:"size"`
	SizeText        string `json:"size_str"`
	Slug            string `json:"slug"`
	SlugPerm        string `json:"slug_perm"`
	StorageRegion   string `json:"storage_region"`
	UserPermission  string `json:"user_permission,omitempty"`
	DeletedAt       any    `json:"deleted_at"`
	UserPrivilege   string `json:"default_privilege"`
	RawIndex        bool   `json:"raw_package_index_enabled"`
	GenericIndex    bool   `json:"generic_package_index_enabled"`
	CopyPackages    string `json:"copy_packages"`
	MovePackages    string `json:"move_packages"`
	DeletePackages  string `json:"delete_packages"`
	ReplacePackages string `json:"replace_packages"`
}

func (s *Server) renderRepo(r *repo, c *call) repoBody {
	kinds := map[string]int{"Public": 1, "Private": 2, "Open-Source": 3}
	return repoBody{
		CDNURL: c.hosts.Download + "/" + escape(r.owner, r.slug), ContentKind: "Standard", CreatedAt: timeText(r.created),
		Description: r.description, IndexFiles: true, IsOpenSource: r.kind == "Open-Source", IsPrivate: r.kind == "Private",
		IsPublic: r.kind == "Public", Name: r.name, Namespace: r.owner, NamespaceURL: c.hosts.API + "/v1/namespaces/" + escape(r.owner) + "/",
		NumDownloads: r.downloads, PackageCount: len(r.order), ReplaceDefault: r.replaceByDefault, RepositoryType: kinds[r.kind],
		RepositoryKind: r.kind, SelfHTMLURL: "https://cloudsmith.io/~" + escape(r.owner) + "/repos/" + escape(r.slug) + "/",
		SelfURL: c.hosts.API + "/v1/repos/" + escape(r.owner, r.slug) + "/", Size: r.size, SizeText: sizeText(r.size),
		Slug: r.slug, SlugPerm: r.perm, StorageRegion: "default", UserPrivilege: "None",
		CopyPackages: "Read", MovePackages: "Admin", DeletePackages: "Admin", ReplacePackages: "Write",
	}
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
	all := make([]*repo, 0, len(s.repos))
	for _, r := range s.repos {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *repo) int { return cmp.Compare(a.slug, b.slug) })
	from, to, err := page.cut(c, len(all))
	if err != nil {
		return reply{}, err
	}
	bodies := []repoBody{}
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

// readRepo checks the body of a create or patch call and returns what it
// sets.
func readRepo(c *call, isNew bool) (func(*repo), string, error) {
	in, err := readObject(c.r)
	if err != nil {
		return nil, "", err
	}
	v := validator{in: in}
	name := v.text("name", limits{required: isNew, max: 50, pattern: repoNames()})
	slug := v.text("slug", limits{max: 50})
	kind := v.text("repository_type_str", limits{})
	description := v.text("description", limits{})
	replace := v.flag("replace_packages_by_default")
	if kind != "" && !slices.Contains([]string{"Public", "Private", "Open-Source"}, kind) {
		v.refuse("repository_type_str", "\""+kind+"\" is not a valid choice.")
	}
	if slug == "" {
		slug = strings.Trim(regexp.MustCompile(`[^a-z0-9_]+`).ReplaceAllString(strings.ToLower(name), "-"), "-")
	}
	return func(r *repo) {
		if name != "" {
			r.name = name
		}
		if kind != "" {
			r.kind = kind
		}
		if description != "" {
			r.description = description
		}
		if replace != nil {
			r.replaceByDefault = *replace
		}
	}, slug, v.err()
}

// createRepo answers POST /repos/{owner}/.
func (s *Server) createRepo(c *call) (reply, error) {
	if c.args["owner"] != s.opts.Owner {
		return reply{}, errNotFound
	}
	set, slug, err := readRepo(c, true)
	if err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.repos[slug] != nil {
		return reply{}, invalidField("slug", "A repository with this slug exists already.")
	}
	r := newRepo(s.opts.Owner, slug, c.now)
	set(r)
	s.repos[slug] = r
	return created(s.renderRepo(r, c))
}

// patchRepo answers PATCH /repos/{owner}/{repo}/.
func (s *Server) patchRepo(c *call) (reply, error) {
	set, _, err := readRepo(c, false)
	if err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.repoOf(c)
	if err != nil {
		return reply{}, err
	}
	set(r)
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
	return reply{status: http.StatusOK}, nil
}
