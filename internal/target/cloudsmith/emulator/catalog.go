package emulator

import (
	"cmp"
	"slices"
	"strings"
)

// distribution is a row of the distributions that the Server knows; the real
// service knows more.
type distribution struct {
	slug, name, format string
	releases           []string
}

func distributions() []distribution {
	return []distribution{
		{"alpine", "Alpine Linux", "alpine", []string{"any-version", "v3.18", "v3.19", "v3.20", "v3.21", "v3.22"}},
		{"amzn", "Amazon Linux", "rpm", []string{"any-version", "2", "2023"}},
		{"any-distro", "Any Distribution", "", []string{"any-version"}},
		{"debian", "Debian", "deb", []string{"any-version", "buster", "bullseye", "bookworm", "trixie", "sid"}},
		{"el", "Enterprise Linux", "rpm", []string{"any-version", "7", "8", "9", "10"}},
		{"fedora", "Fedora", "rpm", []string{"any-version", "40", "41", "42"}},
		{"opensuse", "openSUSE", "rpm", []string{"any-version", "15.5", "15.6", "tumbleweed"}},
		{"ubuntu", "Ubuntu", "deb", []string{"any-version", "xenial", "bionic", "focal", "jammy", "noble"}},
	}
}

// knownDistribution says whether packages of a format may go to "distro/release".
func knownDistribution(format, text string) bool {
	slug, release, _ := strings.Cut(text, "/")
	for _, d := range distributions() {
		if d.slug == slug && (d.format == format || d.format == "") {
			return slices.Contains(d.releases, release)
		}
	}
	return false
}

func renderDistro(d distribution, c *call) map[string]any {
	versions := []slugBody{}
	for _, r := range d.releases {
		versions = append(versions, slugBody{Name: r, Slug: r})
	}
	format := d.format
	setDefault(&format, "deb")
	return map[string]any{
		"name": d.name, "slug": d.slug, "format": format, "format_url": c.hosts.API + "/v1/formats/" + format + "/",
		"self_url": c.hosts.API + "/v1/distros/" + d.slug + "/", "variants": nil, "versions": versions,
	}
}

// listDistros answers GET /distros/ and GET /distros/{slug}/.
func (s *Server) listDistros(c *call) (reply, error) {
	all := []map[string]any{}
	for _, d := range distributions() {
		if d.slug == c.args["slug"] {
			return ok(renderDistro(d, c))
		}
		all = append(all, renderDistro(d, c))
	}
	if c.args["slug"] != "" {
		return reply{}, errNotFound
	}
	return ok(all)
}

func renderFormat(f *format, c *call) map[string]any {
	distros := []map[string]any{}
	for _, d := range distributions() {
		if f.distributions && (d.format == f.slug || d.format == "") {
			distros = append(distros, renderDistro(d, c))
		}
	}
	extensions := f.extensions
	if extensions == nil {
		extensions = []string{}
	}
	return map[string]any{
		"slug": f.slug, "name": f.name, "description": f.name + " packages", "extensions": extensions,
		"premium": false, "premium_plan_id": nil, "premium_plan_name": nil, "distributions": distros,
		"supports": map[string]any{
			"dependencies": false, "distributions": f.distributions, "file_lists": false, "filepaths": f.filepaths,
			"metadata": false, "versioning": f.versioning,
			"upstreams": map[string]any{
				"auth_modes": []string{}, "caching": false, "indexing": false, "indexing_behavior": "Unsupported",
				"proxying": false, "signature_verification": "Unsupported", "trust": false,
			},
		},
	}
}

// listFormats answers GET /formats/.
func (s *Server) listFormats(c *call) (reply, error) {
	all := make([]*format, 0, len(s.formats))
	for _, f := range s.formats {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b *format) int { return cmp.Compare(a.slug, b.slug) })
	bodies := []map[string]any{}
	for _, f := range all {
		bodies = append(bodies, renderFormat(f, c))
	}
	return ok(bodies)
}

// getFormat answers GET /formats/{slug}/.
func (s *Server) getFormat(c *call) (reply, error) {
	f := s.formats[c.args["slug"]]
	if f == nil {
		return reply{}, errNotFound
	}
	return ok(renderFormat(f, c))
}

func (s *Server) renderNamespace() map[string]string {
	return map[string]string{"name": s.opts.Owner, "slug": s.opts.Owner, "slug_perm": ownerPerm, "type_name": "Organization"}
}

// listNamespaces answers GET /namespaces/.
func (s *Server) listNamespaces(c *call) (reply, error) {
	page, err := readPage(c)
	if err != nil {
		return reply{}, err
	}
	if _, _, err := page.cut(c, 1); err != nil {
		return reply{}, err
	}
	return ok([]map[string]string{s.renderNamespace()})
}

// getNamespace answers GET /namespaces/{slug}/.
func (s *Server) getNamespace(c *call) (reply, error) {
	if c.args["slug"] != s.opts.Owner {
		return reply{}, errNotFound
	}
	return ok(s.renderNamespace())
}

// listRegions answers GET /storage-regions/.
func (s *Server) listRegions(*call) (reply, error) {
	return ok([]map[string]string{{"label": "Default", "slug": "default"}})
}

// getRegion answers GET /storage-regions/{slug}/.
func (s *Server) getRegion(c *call) (reply, error) {
	if c.args["slug"] != "default" {
		return reply{}, errNotFound
	}
	return ok(map[string]string{"label": "Default", "slug": "default"})
}
