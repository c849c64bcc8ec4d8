package emulator

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// repo is a repository with its packages and the indexes over them. Server.mu
// guards it.
type repo struct {
	owner, slug, perm string
	name              string
	settings          map[string]any
	retention         retention
	guesses           *Guesses
	tokens            []*token
	created           time.Time

	// order is by creation; a page of it needs no search.
	order []*pkg
	// lastVisible is when the index shows all of them.
	lastVisible time.Time
	// byID knows slugs and permanent slugs.
	byID map[string]*pkg
	// byIdentity knows the good packages only: failed ones hold no coordinates.
	byIdentity map[string]*pkg
	// byDigest and byFilename make the two searches fast that clients use to
	// find a package again. Other searches read everything.
	byDigest   map[string][]*pkg
	byFilename map[string][]*pkg
	size       int64
	downloads  int64
}

func (s *Server) newRepo(slug string, now time.Time) *repo {
	r := &repo{
		owner: s.opts.Owner, slug: slug, guesses: &s.opts.Guesses, perm: newID(), name: slug, settings: newSettings(), retention: newRetention(), created: now.UTC(),
		byID: map[string]*pkg{}, byIdentity: map[string]*pkg{},
		byDigest: map[string][]*pkg{}, byFilename: map[string][]*pkg{},
	}
	r.addToken("Default", r.created).standard = true
	return r
}

// addToken makes a token of r.
func (r *repo) addToken(name string, now time.Time) *token {
	number := 1
	if n := len(r.tokens); n > 0 {
		number = r.tokens[n-1].number + 1
	}
	t := newToken(number, name, now)
	t.updated = now
	r.tokens = append(r.tokens, t)
	return t
}

// add takes p in. Its coordinates are its own if it is good and nobody has
// them.
func (r *repo) add(p *pkg) {
	p.repo = r
	if p.visible.After(r.lastVisible) {
		r.lastVisible = p.visible
	}
	r.order = append(r.order, p)
	r.byID[p.slug], r.byID[p.perm] = p, p
	r.claim(p)
	name := strings.ToLower(p.filename)
	r.byFilename[name] = append(r.byFilename[name], p)
	if b := p.primary().blob; b != nil {
		for _, d := range b.digests.keys() {
			r.byDigest[d] = append(r.byDigest[d], p)
		}
	}
	for _, f := range p.files {
		if f.blob != nil {
			r.size += f.blob.size
		}
	}
}

// claim records the coordinates of p, or gives up those that p has no right
// to any more.
func (r *repo) claim(p *pkg) {
	id := p.identity()
	switch holder := r.byIdentity[id]; {
	case holder == nil && !p.sync.failed:
		r.byIdentity[id] = p
	case holder == p && p.sync.failed:
		delete(r.byIdentity, id)
	}
}

// remove takes p out.
func (r *repo) remove(p *pkg) {
	i, found := slices.BinarySearchFunc(r.order, p.number, func(q *pkg, n uint64) int {
		return cmp.Compare(q.number, n)
	})
	if !found {
		return
	}
	r.order = slices.Delete(r.order, i, i+1)
	delete(r.byID, p.slug)
	delete(r.byID, p.perm)
	if id := p.identity(); r.byIdentity[id] == p {
		delete(r.byIdentity, id)
	}
	unlist(r.byFilename, strings.ToLower(p.filename), p)
	if b := p.primary().blob; b != nil {
		for _, d := range b.digests.keys() {
			unlist(r.byDigest, d, p)
		}
	}
	for _, f := range p.files {
		if f.blob != nil {
			r.size -= f.blob.size
		}
	}
}

func unlist(index map[string][]*pkg, key string, p *pkg) {
	left := slices.DeleteFunc(index[key], func(q *pkg) bool { return q == p })
	if len(left) == 0 {
		delete(index, key)
		return
	}
	index[key] = left
}

// wantRepo refuses a call on a repository that does not exist.
func (s *Server) wantRepo(c *call) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, err := s.repoOf(c)
	return err
}

// repoOf returns the repository that a call names. s.mu is held.
func (s *Server) repoOf(c *call) (*repo, error) {
	if r := s.repos[c.args["repo"]]; r != nil && c.args["owner"] == s.opts.Owner {
		return r, nil
	}
	return nil, errNotFound
}

// packageOf returns the package that a call names by either slug. s.mu is
// held.
func (s *Server) packageOf(c *call) (*pkg, error) {
	r, err := s.repoOf(c)
	if err != nil {
		return nil, err
	}
	if p := r.byID[c.args["id"]]; p != nil {
		return p, nil
	}
	return nil, errNotFound
}
