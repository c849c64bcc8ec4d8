package emulator

import (
	"net/url"
	"slices"
	"strings"
)

// Role is a host of the real service.
type Role string

// The roles, and the first path segments by which one listener tells them
// apart.
const (
	RoleAPI      Role = "api"
	RoleUpload   Role = "upload"
	RoleS3       Role = "s3"
	RoleDownload Role = "dl"
	roleControl  Role = "_emulator"
)

// prefix is where a role lives on a listener that it shares.
func (r Role) prefix() string {
	if r == RoleAPI {
		return ""
	}
	return "/" + string(r)
}

// splitRole cuts the role off an escaped path. No path of the API begins with
// the name of another role.
func splitRole(path string) (Role, string) {
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch r := Role(first); r {
	case RoleUpload, RoleS3, RoleDownload, roleControl:
		return r, "/" + rest
	}
	return RoleAPI, path
}

// route is one line of the table of everything the Server answers. A pattern
// has literal segments, {name} for one segment and, at the end, {name...} for
// the rest. The slash at the end does not matter: the real service redirects,
// clients that follow end up at the same place.
type route struct {
	role    Role
	method  string
	pattern string
	access  access
	handle  handler

	segments []string
	label    string
}

// router finds routes. net/http's ServeMux would do but for two things: it
// cleans paths, and file paths of packages are not to be cleaned; and an
// answer to the wrong method is not in the API's own form.
type router struct {
	byRole map[Role][]*route
}

func newRouter(table []route) *router {
	rt := &router{byRole: map[Role][]*route{}}
	for i := range table {
		r := &table[i]
		r.segments = strings.Split(strings.Trim(r.pattern, "/"), "/")
		r.label = r.method + " " + r.role.prefix() + r.pattern
		rt.byRole[r.role] = append(rt.byRole[r.role], r)
	}
	return rt
}

// args are the values of a pattern's {names}.
type args map[string]string

// find returns the route for a method and an escaped path. Where only the
// method is wrong it returns the ones that are allowed.
func (rt *router) find(role Role, method, escaped string) (*route, args, []string) {
	parts := strings.Split(strings.TrimSuffix(strings.TrimPrefix(escaped, "/"), "/"), "/")
	for i, p := range parts {
		plain, err := url.PathUnescape(p)
		if err != nil {
			return nil, nil, nil
		}
		parts[i] = plain
	}
	if role == RoleAPI && parts[0] == "v1" {
		parts = parts[1:]
	}
	var allowed []string
	for _, r := range rt.byRole[role] {
		if !r.fits(parts) {
			continue
		}
		if r.method == method {
			return r, r.bind(parts), nil
		}
		if !slices.Contains(allowed, r.method) {
			allowed = append(allowed, r.method)
		}
	}
	return nil, nil, allowed
}

func (r *route) rest() bool { return strings.HasSuffix(r.pattern, "...}") }

func (r *route) fits(parts []string) bool {
	if len(parts) != len(r.segments) && !(r.rest() && len(parts) > len(r.segments)) {
		return false
	}
	for i, seg := range r.segments {
		if strings.HasPrefix(seg, "{") {
			if parts[i] == "" && !r.rest() {
				return false
			}
			continue
		}
		if seg != parts[i] {
			return false
		}
	}
	return true
}

func (r *route) bind(parts []string) args {
	a := args{}
	for i, seg := range r.segments {
		if !strings.HasPrefix(seg, "{") {
			continue
		}
		name := strings.Trim(seg, "{}")
		if rest, ok := strings.CutSuffix(name, "..."); ok {
			a[rest] = strings.Join(parts[i:], "/")
			break
		}
		a[name] = parts[i]
	}
	return a
}
