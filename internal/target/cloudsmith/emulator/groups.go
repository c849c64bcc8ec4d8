package emulator

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// groupBody is packages that share a name, or a format.
type groupBody struct {
	Kind      int    `json:"backend_kind"`
	Count     int    `json:"count"`
	LastPush  string `json:"last_push"`
	Name      string `json:"name"`
	Downloads int64  `json:"num_downloads"`
	Size      int64  `json:"size"`

	last time.Time
}

// listGroups answers GET /packages/{owner}/{repo}/groups/.
func (s *Server) listGroups(c *call) (reply, error) {
	page, err := readPage(c)
	if err != nil {
		return reply{}, err
	}
	q := c.r.URL.Query()
	want, err := parseQuery(q.Get("query"), c.now)
	if err != nil {
		return reply{}, invalidField("query", err.Error())
	}
	order, err := groupOrder(q.Get("sort"))
	if err != nil {
		return reply{}, err
	}
	key := func(p *pkg) string { return p.name }
	switch by := q.Get("group_by"); by {
	case "", "name":
	case "backend_kind":
		key = func(p *pkg) string { return p.format.slug }
	default:
		return reply{}, invalidField("group_by", "\""+by+"\" is not a valid choice.")
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.repoOf(c)
	if err != nil {
		return reply{}, err
	}
	groups := group(r.search(want, c.now), key)
	slices.SortStableFunc(groups, order)
	from, to, err := page.cut(c, len(groups))
	if err != nil {
		return reply{}, err
	}
	return ok(map[string]any{"results": groups[from:to]})
}

func group(packages []*pkg, key func(*pkg) string) []*groupBody {
	groups, byKey := []*groupBody{}, map[string]*groupBody{}
	for _, p := range packages {
		g := byKey[key(p)]
		if g == nil {
			g = &groupBody{Name: key(p), Kind: p.format.kind}
			byKey[g.Name], groups = g, append(groups, g)
		}
		g.Count++
		g.Downloads += p.downloads
		g.Size += p.size()
		if p.uploaded.After(g.last) {
			g.last, g.LastPush = p.uploaded, timeText(p.uploaded)
		}
	}
	return groups
}

// groupOrder reads the sort of groups, "name" unless it is given.
func groupOrder(text string) (func(a, b *groupBody) int, error) {
	setDefault(&text, "name")
	name, descending := strings.CutPrefix(text, "-")
	var order func(a, b *groupBody) int
	switch name {
	case "name":
		order = func(a, b *groupBody) int { return strings.Compare(a.Name, b.Name) }
	case "count":
		order = func(a, b *groupBody) int { return cmp.Compare(a.Count, b.Count) }
	case "num_downloads":
		order = func(a, b *groupBody) int { return cmp.Compare(a.Downloads, b.Downloads) }
	case "size":
		order = func(a, b *groupBody) int { return cmp.Compare(a.Size, b.Size) }
	case "last_push":
		order = func(a, b *groupBody) int { return a.last.Compare(b.last) }
	case "backend_kind":
		order = func(a, b *groupBody) int { return cmp.Compare(a.Kind, b.Kind) }
	default:
		return nil, invalidField("sort", "'"+name+"' is not a valid sort field.")
	}
	if descending {
		return func(a, b *groupBody) int { return order(b, a) }, nil
	}
	return order, nil
}
