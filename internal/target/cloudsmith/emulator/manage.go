package emulator

import (
	"slices"
	"strings"
)

// getPackage answers GET /packages/{owner}/{repo}/{id}/.
func (s *Server) getPackage(c *call) (reply, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	p, err := s.packageOf(c)
	if err != nil {
		return reply{}, err
	}
	return ok(s.render(p, c, true))
}

// packageStatus answers GET …/{id}/status/.
func (s *Server) packageStatus(c *call) (reply, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	p, err := s.packageOf(c)
	if err != nil {
		return reply{}, err
	}
	return ok(s.renderStatus(p, c))
}

// deletePackage answers DELETE …/{id}/.
func (s *Server) deletePackage(c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.packageOf(c)
	if err != nil {
		return reply{}, err
	}
	s.delete(p, c)
	return noContent()
}

// delete removes p for good. s.mu is held.
func (s *Server) delete(p *pkg, c *call) {
	s.record(c, "package.delete", p.auditObject())
	s.discard(p)
}

// resyncPackage answers POST …/{id}/resync/: the synchronisation starts again,
// and may end otherwise, for instance because the package that held the
// coordinates is gone.
func (s *Server) resyncPackage(c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.packageOf(c)
	if err != nil {
		return reply{}, err
	}
	s.resync(p, c)
	return ok(s.render(p, c, false))
}

func (s *Server) resync(p *pkg, c *call) {
	holder := p.repo.byIdentity[p.identity()]
	s.planSync(p, holder != nil && holder != p, c.now, c.faults.sync)
	p.repo.claim(p)
	s.record(c, "package.resync", p.auditObject())
}

// dependencies answers GET …/{id}/dependencies/. The Server does not open
// packages, so it knows of none.
func (s *Server) dependencies(c *call) (reply, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if _, err := s.packageOf(c); err != nil {
		return reply{}, err
	}
	return ok(map[string][]string{"dependencies": {}})
}

// destination reads where a copy or move goes. s.mu is held.
func (s *Server) destination(v *validator) (*repo, error) {
	slug := v.text("destination", limits{required: true})
	slug = strings.TrimPrefix(slug, s.opts.Owner+"/")
	r := s.repos[slug]
	if slug != "" && r == nil {
		v.refuse("destination", "The repository '"+slug+"' does not exist.")
	}
	return r, v.err()
}

// copyPackage answers POST …/{id}/copy/: a package of its own that shares the
// bytes.
func (s *Server) copyPackage(c *call) (reply, error) {
	in, err := readObject(c.r)
	if err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.packageOf(c)
	if err != nil {
		return reply{}, err
	}
	v := validator{in: in}
	republish := v.flag("republish")
	to, err := s.destination(&v)
	if err != nil {
		return reply{}, err
	}
	twin, err := s.copyTo(p, to, republish, c)
	if err != nil {
		return reply{}, err
	}
	return ok(s.render(twin, c, true))
}

// copyTo makes a copy of p in another repository. Without republish the
// setting of that one decides. s.mu is held.
func (s *Server) copyTo(p *pkg, to *repo, republish *bool, c *call) (*pkg, error) {
	twin := &pkg{
		format: p.format, name: p.name, version: p.version, filename: p.filename, filepath: p.filepath,
		attrs: p.attrs, guesses: p.guesses, license: p.license, tags: append([]tag(nil), p.tags...),
	}
	for _, f := range p.files {
		f.perm = newID()
		twin.files = append(twin.files, f)
	}
	replace := to.replaceByDefault()
	if republish != nil {
		replace = *republish
	}
	// The bytes get their second owner first: the copy may replace p itself.
	own(twin, 1)
	if err := s.place(twin, to, replace, c); err != nil {
		own(twin, -1)
		return nil, err
	}
	s.record(c, "package.copy", twin.auditObject())
	s.retain(to, c.now)
	return twin, nil
}

func own(p *pkg, n int) {
	for _, f := range p.files {
		if f.blob != nil {
			f.blob.owners += n
		}
	}
}

// movePackage answers POST …/{id}/move/. The package keeps its permanent
// identifier.
func (s *Server) movePackage(c *call) (reply, error) {
	in, err := readObject(c.r)
	if err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.packageOf(c)
	if err != nil {
		return reply{}, err
	}
	v := validator{in: in}
	to, err := s.destination(&v)
	if err != nil {
		return reply{}, err
	}
	if err := s.moveTo(p, to, c); err != nil {
		return reply{}, err
	}
	return ok(s.render(p, c, true))
}

// moveTo moves p to another repository. s.mu is held.
func (s *Server) moveTo(p *pkg, to *repo, c *call) error {
	if to == p.repo {
		return invalidField("destination", "The package is in this repository already.")
	}
	if to.byIdentity[p.identity()] != nil && s.duplicateMode(p.format.slug) == RefuseAtCreate {
		return badRequest(duplicateReason(p))
	}
	p.repo.remove(p)
	s.sequence++
	p.number = s.sequence
	p.repo = to
	s.planSync(p, to.byIdentity[p.identity()] != nil, c.now, c.faults.sync)
	to.add(p)
	s.record(c, "package.move", p.auditObject())
	s.retain(to, c.now)
	return nil
}

// quarantinePackage answers POST …/{id}/quarantine/: an empty body
// quarantines, release or its older name restore lets go.
func (s *Server) quarantinePackage(c *call) (reply, error) {
	in, err := readObject(c.r)
	if err != nil {
		return reply{}, err
	}
	v := validator{in: in}
	release, restore := v.flag("release"), v.flag("restore")
	if err := v.err(); err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.packageOf(c)
	if err != nil {
		return reply{}, err
	}
	letGo := release != nil && *release || restore != nil && *restore
	s.quarantine(p, !letGo, c)
	return ok(s.render(p, c, true))
}

func (s *Server) quarantine(p *pkg, locked bool, c *call) {
	p.quarantined = locked
	event := "package.unquarantine"
	if locked {
		event = "package.quarantine"
	}
	s.record(c, event, p.auditObject())
}

// tagPackage answers POST …/{id}/tag/. Clients write the action in any case.
func (s *Server) tagPackage(c *call) (reply, error) {
	in, err := readObject(c.r)
	if err != nil {
		return reply{}, err
	}
	v := validator{in: in}
	action := strings.ToLower(v.text("action", limits{}))
	setDefault(&action, "add")
	names := v.list("tags")
	immutable := v.flag("is_immutable")
	switch action {
	case "add", "clear", "replace", "remove":
	default:
		v.refuse("action", "\""+action+"\" is not a valid choice.")
	}
	if err := v.err(); err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.packageOf(c)
	if err != nil {
		return reply{}, err
	}
	if action == "clear" || action == "replace" {
		p.untag(func(string) bool { return true })
	}
	if action == "remove" {
		for _, name := range names {
			p.untag(func(t string) bool { return t == name })
		}
	}
	if action == "add" || action == "replace" {
		for _, name := range names {
			p.untag(func(t string) bool { return t == name })
			if !p.hasTag(name) {
				p.tags = append(p.tags, tag{name, immutable != nil && *immutable})
			}
		}
	}
	return ok(s.render(p, c, true))
}

// untag removes the tags that drop names, except immutable ones.
func (p *pkg) untag(drop func(string) bool) {
	var kept []tag
	for _, t := range p.tags {
		if t.immutable || !drop(t.name) {
			kept = append(kept, t)
		}
	}
	p.tags = kept
}

func (p *pkg) hasTag(name string) bool {
	return slices.ContainsFunc(p.tags, func(t tag) bool { return t.name == name })
}
