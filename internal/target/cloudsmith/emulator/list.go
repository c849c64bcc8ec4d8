package emulator

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Page sizes of every list.
const (
	defaultPageSize = 30
	maxPageSize     = 500
)

// pageRequest is which part of a list a call asks for.
type pageRequest struct{ number, size int }

// readPage reads page and page_size. A size over the maximum is cut without a
// word.
func readPage(c *call) (pageRequest, error) {
	q := c.r.URL.Query()
	p := pageRequest{1, defaultPageSize}
	if text := q.Get("page"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return p, errBadPage
		}
		p.number = n
	}
	if n, err := strconv.Atoi(q.Get("page_size")); err == nil && n > 0 {
		p.size = min(n, maxPageSize)
	}
	return p, nil
}

// cut sets the pagination headers for a list of total items and returns the
// bounds of the page.
func (p pageRequest) cut(c *call, total int) (from, to int, err error) {
	pages := max(1, (total+p.size-1)/p.size)
	if p.number > pages && !c.emptyPages {
		return 0, 0, errBadPage
	}
	h := c.w.Header()
	h.Set("X-Pagination-Count", strconv.Itoa(total))
	h.Set("X-Pagination-Page", strconv.Itoa(p.number))
	h.Set("X-Pagination-PageTotal", strconv.Itoa(pages))
	h.Set("X-Pagination-PageSize", strconv.Itoa(p.size))
	links := []string{p.link(c, 1, "first")}
	if p.number > 1 {
		links = append(links, p.link(c, p.number-1, "prev"))
	}
	if p.number < pages {
		links = append(links, p.link(c, p.number+1, "next"))
	}
	links = append(links, p.link(c, pages, "last"))
	h.Set("Link", strings.Join(links, ", "))
	from = min((p.number-1)*p.size, total)
	return from, min(from+p.size, total), nil
}

func (p pageRequest) link(c *call, page int, rel string) string {
	q := c.r.URL.Query()
	q.Set("page", strconv.Itoa(page))
	q.Set("page_size", strconv.Itoa(p.size))
	u := url.URL{RawQuery: q.Encode()}
	return "<" + c.hosts.API + "/v1" + strings.TrimPrefix(c.r.URL.EscapedPath(), "/v1") + u.String() + `>; rel="` + rel + `"`
}

// listPackages answers GET /packages/{owner}/{repo}/.
func (s *Server) listPackages(c *call) (reply, error) {
	return s.list(c, func() ([]*repo, error) {
		r, err := s.repoOf(c)
		return []*repo{r}, err
	})
}

// listWorkspace answers GET /packages/{owner}/.
func (s *Server) listWorkspace(c *call) (reply, error) {
	return s.list(c, func() ([]*repo, error) {
		if c.args["owner"] != s.opts.Owner {
			return nil, errNotFound
		}
		var all []*repo
		for _, r := range s.repos {
			all = append(all, r)
		}
		return all, nil
	})
}

func (s *Server) list(c *call, reposOf func() ([]*repo, error)) (reply, error) {
	page, err := readPage(c)
	if err != nil {
		return reply{}, err
	}
	values := c.r.URL.Query()
	want, err := parseQuery(values.Get("query"), c.now)
	if err != nil {
		return reply{}, invalidField("query", err.Error())
	}
	order, err := parseSort(values.Get("sort"))
	if err != nil {
		return reply{}, invalidField("sort", err.Error())
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	repos, err := reposOf()
	if err != nil {
		return reply{}, err
	}
	var found []*pkg
	if len(repos) == 1 {
		found = repos[0].search(want, c.now)
	} else {
		for _, r := range repos {
			found = append(found, r.search(want, c.now)...)
		}
	}
	// A repository keeps its packages oldest first; reading that backwards
	// spares the common list a sort.
	kept := len(repos) == 1 && order.byAge()
	if !kept {
		found = slices.SortedFunc(slices.Values(found), order.compare)
	}
	from, to, err := page.cut(c, len(found))
	if err != nil {
		return reply{}, err
	}
	bodies := make([]packageBody, 0, to-from)
	for i := from; i < to; i++ {
		p := found[i]
		if kept && order[0].descending {
			p = found[len(found)-1-i]
		}
		bodies = append(bodies, s.render(p, c, false))
	}
	return ok(bodies)
}

// search returns the packages of r that a query wants and the index shows,
// oldest first. The slice is not to be changed.
func (r *repo) search(want query, now time.Time) []*pkg {
	candidates := r.order
	if few, indexed := want.candidates(r); indexed {
		candidates = few
	}
	if want.all() && r.allVisible(now) {
		return candidates
	}
	var found []*pkg
	for _, p := range candidates {
		if !now.Before(p.visible) && want.matches(p, now) {
			found = append(found, p)
		}
	}
	return found
}

// allVisible says that the index shows every package.
func (r *repo) allVisible(now time.Time) bool { return !now.Before(r.lastVisible) }

// ordering sorts packages.
type ordering []sortKey

type sortKey struct {
	compare    func(a, b *pkg) int
	descending bool
	name       string
}

// parseSort reads "name,-date".
func parseSort(text string) (ordering, error) {
	if text == "" {
		text = "-date"
	}
	var o ordering
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		key := sortKey{name: strings.TrimPrefix(name, "-"), descending: strings.HasPrefix(name, "-")}
		switch key.name {
		case "date", "scan_date":
			key.compare = func(a, b *pkg) int { return cmp.Compare(a.number, b.number) }
		case "name":
			key.compare = func(a, b *pkg) int { return strings.Compare(a.name, b.name) }
		case "format":
			key.compare = func(a, b *pkg) int { return strings.Compare(a.format.slug, b.format.slug) }
		case "version":
			key.compare = func(a, b *pkg) int { return strings.Compare(a.version, b.version) }
		case "size":
			key.compare = func(a, b *pkg) int { return cmp.Compare(a.size(), b.size()) }
		case "downloads":
			key.compare = func(a, b *pkg) int { return cmp.Compare(a.downloads, b.downloads) }
		case "status", "scan":
			key.compare = func(a, b *pkg) int { return boolRank(a.sync.failed) - boolRank(b.sync.failed) }
		default:
			return nil, fmt.Errorf("'%s' is not a valid sort field", key.name)
		}
		o = append(o, key)
	}
	return o, nil
}

// byAge says that the order is that of creation, one way or the other.
func (o ordering) byAge() bool { return o[0].name == "date" || o[0].name == "scan_date" }

func (o ordering) compare(a, b *pkg) int {
	for _, key := range o {
		n := key.compare(a, b)
		if key.descending {
			n = -n
		}
		if n != 0 {
			return n
		}
	}
	return cmp.Compare(b.number, a.number)
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}
