package emulator

import (
	"net"
	"slices"
	"strings"
	"time"
)

// auditEvent is an entry of the audit log. What the real service calls its
// events is not documented; the names are guesses.
type auditEvent struct {
	uuid, event, ip string
	at              time.Time
	repo            *repo
	object          auditObject
}

// auditObject is what an event is about.
type auditObject struct {
	kind, name, perm string
	repo             *repo
}

func (p *pkg) auditObject() auditObject {
	return auditObject{"package", p.fullName(), p.perm, p.repo}
}

func (r *repo) auditObject() auditObject { return auditObject{"repository", r.slug, r.perm, r} }

// record adds an event to the log, if the plan has one. s.mu is held.
func (s *Server) record(c *call, event string, object auditObject) {
	if !s.opts.AuditLog {
		return
	}
	ip, _, err := net.SplitHostPort(c.r.RemoteAddr)
	if err != nil {
		ip = c.r.RemoteAddr
	}
	id := randomHex(32)
	s.events = append(s.events, auditEvent{
		uuid:  strings.Join([]string{id[:8], id[8:12], id[12:16], id[16:20], id[20:]}, "-"),
		event: event, ip: ip, at: c.now, repo: object.repo, object: object,
	})
}

// auditLog answers GET /audit-log/{owner}/ and …/{repo}/, newest first. A
// plan without it answers 402.
func (s *Server) auditLog(c *call) (reply, error) {
	if !s.opts.AuditLog {
		return reply{}, errAuditLog
	}
	if c.args["owner"] != s.opts.Owner {
		return reply{}, errNotFound
	}
	page, err := readPage(c)
	if err != nil {
		return reply{}, err
	}
	text := strings.ToLower(c.r.URL.Query().Get("query"))
	s.mu.RLock()
	defer s.mu.RUnlock()
	var only *repo
	if c.args["repo"] != "" {
		if only, err = s.repoOf(c); err != nil {
			return reply{}, err
		}
	}
	found := []auditEvent{}
	for _, e := range slices.Backward(s.events) {
		if (only == nil || e.repo == only) && strings.Contains(strings.ToLower(e.event+" "+e.object.name), text) {
			found = append(found, e)
		}
	}
	from, to, err := page.cut(c, len(found))
	if err != nil {
		return reply{}, err
	}
	out := []map[string]any{}
	for _, e := range found[from:to] {
		out = append(out, s.renderEvent(e, c, only == nil))
	}
	return ok(out)
}

// renderEvent makes the JSON form of e; the log of a workspace also names the
// workspace.
func (s *Server) renderEvent(e auditEvent, c *call, workspace bool) map[string]any {
	out := map[string]any{
		"actor": userSlug, "actor_kind": "user", "actor_slug_perm": userPerm, "actor_ip_address": e.ip,
		"actor_url": c.hosts.API + "/v1/users/profile/" + userSlug + "/",
		"actor_location": map[string]any{
			"city": nil, "continent": nil, "country": nil, "country_code": "", "latitude": nil, "longitude": nil, "postal_code": nil,
		},
		"context": "API", "event": e.event, "event_at": timeText(e.at), "object": e.object.name,
		"object_kind": e.object.kind, "object_slug_perm": e.object.perm, "uuid": e.uuid,
	}
	if workspace {
		out["target"], out["target_kind"], out["target_slug_perm"] = s.opts.Owner, "namespace", ownerPerm
	}
	return out
}
