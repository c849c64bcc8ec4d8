package emulator

import (
	"net/http"
	"strings"
	"time"
)

// form is a checked create request.
type form struct {
	format *format
	// main is the identifier of the package file; others are the companions in
	// the order of the format's fields.
	main      string
	others    []formFile
	attrs     map[string]string
	tags      []string
	republish *bool
}

type formFile struct{ field, tag, id string }

// readForm checks the body of a create or validate call against the row of
// its format.
func (s *Server) readForm(c *call) (form, error) {
	f := form{format: s.formats[c.args["format"]], attrs: map[string]string{}}
	if f.format == nil {
		return form{}, errNotFound
	}
	in, err := readObject(c.r)
	if err != nil {
		return form{}, err
	}
	v := validator{in: in}
	f.main = v.text("package_file", limits{required: true})
	f.republish = v.flag("republish")
	for name := range strings.SplitSeq(v.text("tags", limits{min: 1, max: 1024}), ",") {
		if name = strings.TrimSpace(name); name != "" {
			f.tags = append(f.tags, name)
		}
	}
	for _, field := range f.format.fields {
		switch field.kind {
		case text:
			if value := v.text(field.name, field.limits); value != "" {
				f.attrs[field.name] = value
			}
		case file:
			if id := v.text(field.name, field.limits); id != "" {
				f.others = append(f.others, formFile{field.name, field.tag, id})
			}
		case files:
			for _, id := range v.list(field.name) {
				f.others = append(f.others, formFile{field.name, field.tag, id})
			}
		}
	}
	if d := f.attrs["distribution"]; d != "" && !s.opts.Guesses.AnyDistribution && !knownDistribution(f.format.slug, d) {
		v.refuse("distribution", "'"+d+"' is not a known distribution.")
	}
	if given := f.attrs["filepath"]; given != "" {
		taken, fine := s.opts.Guesses.filepath(given)
		if !fine {
			v.refuse("filepath", "This is not a valid path.")
		}
		f.attrs["filepath"] = taken
	}
	return f, v.err()
}

// validatePackage answers POST …/validate-upload/{format}/. File fields hold
// local paths here, so there is nothing to look up.
func (s *Server) validatePackage(c *call) (reply, error) {
	if err := s.wantRepo(c); err != nil {
		return reply{}, err
	}
	if _, err := s.readForm(c); err != nil {
		return reply{}, err
	}
	return noContent()
}

// createPackage answers POST …/upload/{format}/.
func (s *Server) createPackage(c *call) (reply, error) {
	if err := s.wantRepo(c); err != nil {
		return reply{}, err
	}
	f, err := s.readForm(c)
	if err != nil {
		return reply{}, err
	}
	if c.faults.corrupt {
		if err := s.changeUpload(f.main, s.store.corrupted); err != nil {
			return reply{}, err
		}
	}
	if f.format.slug == "rpm" && !s.opts.KeepRPMs {
		if err := s.signUpload(c, f.main); err != nil {
			return reply{}, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.repoOf(c)
	if err != nil {
		return reply{}, err
	}
	p, err := s.assemble(c, f)
	if err != nil {
		return reply{}, err
	}
	republish := r.replaceByDefault()
	if f.republish != nil {
		republish = *f.republish
	}
	if err := s.place(p, r, republish, c); err != nil {
		return reply{}, err
	}
	for _, pf := range s.formFiles(f) {
		s.consume(s.uploads[pf.id])
	}
	s.record(c, "package.create", p.auditObject())
	s.retain(r, c.now)
	return created(s.renderCreated(p, c))
}

// formFiles are all files of a form, the main one first.
func (s *Server) formFiles(f form) []formFile {
	return append([]formFile{{"package_file", "pkg", f.main}}, f.others...)
}

// consume marks an upload as taken by a package.
func (s *Server) consume(u *upload) {
	u.used = true
	if u.blob != nil {
		u.blob.owners++
	}
}

// assemble makes the package of a form. It refuses identifiers that are
// unknown, used, or named twice. s.mu is held.
func (s *Server) assemble(c *call, f form) (*pkg, error) {
	p := &pkg{format: f.format, attrs: f.attrs, guesses: &s.opts.Guesses}
	v := validator{}
	g := &s.opts.Guesses
	status := http.StatusUnprocessableEntity
	seen := map[string]bool{}
	for _, pf := range s.formFiles(f) {
		u := s.uploads[pf.id]
		switch {
		case u == nil || u.owner != c.args["owner"] || u.repo != c.args["repo"], !u.used && c.now.Sub(u.requested) > g.UploadLifetime:
			v.refuse(pf.field, "The file '"+pf.id+"' does not exist.")
			continue
		case u.used || seen[pf.id]:
			v.refuse(pf.field, "The file '"+pf.id+"' has been used already.")
			status = g.ReusedFileStatus
			continue
		case u.blob == nil && s.opts.StrictFiles:
			v.refuse(pf.field, "The file '"+pf.id+"' has not been uploaded.")
			continue
		case u.blob != nil && u.blob.size == 0 && g.RefuseEmptyFiles:
			v.refuse(pf.field, "The submitted file is empty.")
			continue
		}
		seen[pf.id] = true
		p.files = append(p.files, pkgFile{perm: newID(), tag: pf.tag, filename: u.filename, blob: u.blob})
	}
	if v.fields != nil {
		refusal := invalid(v.fields)
		refusal.status = status
		return nil, refusal
	}
	for _, name := range f.tags {
		p.tags = append(p.tags, tag{name: name})
	}
	p.filename = p.primary().filename
	p.settle()
	return p, nil
}

// place puts a new package into r and decides its synchronisation. s.mu is
// held.
func (s *Server) place(p *pkg, r *repo, republish bool, c *call) error {
	holder := r.byIdentity[p.identity()]
	if holder != nil && republish {
		s.discard(holder)
		holder = nil
	}
	if holder != nil && s.duplicateMode(p.format.slug) == RefuseAtCreate {
		return badRequest(duplicateReason(p))
	}
	s.sequence++
	p.number = s.sequence
	p.perm, p.slug = newID(), newSlug(p.filename)
	for r.byID[p.perm] != nil || r.byID[p.slug] != nil {
		p.perm, p.slug = newID(), newSlug(p.filename)
	}
	p.uploaded = c.now
	p.visible = c.now.Add(max(s.opts.ListLag, c.faults.listLag))
	p.repo = r
	s.planSync(p, holder != nil, c.now, c.faults.sync)
	r.add(p)
	return nil
}

func (s *Server) duplicateMode(format string) DuplicateMode {
	if mode, set := s.opts.Duplicates[format]; set {
		return mode
	}
	return DuplicateModeOf(format)
}

// discard removes p and the bytes that nobody else has. s.mu is held.
func (s *Server) discard(p *pkg) {
	p.repo.remove(p)
	for _, f := range p.files {
		if f.blob == nil {
			continue
		}
		if f.blob.owners--; f.blob.owners == 0 {
			s.storage -= f.blob.size
			if !s.opts.Guesses.FreeAtDelete {
				s.bin.add(f.blob.size, s.now())
			}
			s.store.drop(f.blob.segments...)
		}
	}
}

// changeUpload changes the bytes that a create is about to take. It holds the
// lock while it reads them: nobody else may take or replace them meanwhile.
func (s *Server) changeUpload(id string, change func(*blob) (*blob, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.uploads[id]
	if u == nil || u.blob == nil || u.used {
		return nil
	}
	b, err := change(u.blob)
	if err != nil {
		return err
	}
	s.storage += b.size - u.blob.size
	u.blob = b
	return nil
}

// signUpload signs an RPM, once.
func (s *Server) signUpload(c *call, id string) error {
	u, err := s.findUpload(c, id)
	if err != nil {
		// The create will say so in its own words.
		return nil //nolint:nilerr // as said
	}
	return s.changeUpload(id, func(b *blob) (*blob, error) {
		if u.signed {
			return b, nil
		}
		signed, err := s.store.signedRPM(b)
		u.signed = err == nil
		return signed, err
	})
}

// timeText is how the API writes times.
func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
