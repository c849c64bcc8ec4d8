package emulator

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// downloadPath is the escaped path of a file on the download host. Clients
// take it from the package, they never make it up.
func (p *pkg) downloadPath(f pkgFile, primary bool) string {
	path := "/" + escape(p.visibility(), p.repo.owner, p.repo.slug, p.format.slug)
	switch {
	case primary && p.format.slug == "generic":
		return path + "/download/" + escape(strings.Split(p.filepath, "/")...)
	case primary && p.format.slug == "raw":
		if p.name != p.filename {
			path += "/names/" + escape(p.name)
		}
		if p.version != "" {
			return path + "/versions/" + escape(p.version, p.filename)
		}
		return path + "/files/" + escape(p.filename)
	}
	return path + "/packages/" + escape(p.perm, f.perm, f.filename)
}

// visibility is the first segment of a download path: private repositories
// want basic authentication.
func (p *pkg) visibility() string {
	if p.repo.kind() == "Private" {
		return "basic"
	}
	return "public"
}

// admits says whether a call may download p, and by which entitlement token.
// The token is the password, or the first segment of the path.
func (p *pkg) admits(c *call) (t *token, admitted bool) {
	switch way := c.args["visibility"]; way {
	case "public":
		return nil, p.visibility() == "public"
	case "basic":
		t = p.repo.findToken(c.key)
		return t, t != nil || c.signedIn
	default:
		t = p.repo.findToken(way)
		return t, t != nil
	}
}

// downloadGeneric answers GET /{visibility}/{owner}/{repo}/generic/download/….
func (s *Server) downloadGeneric(c *call) (reply, error) {
	return s.download(c, func(r *repo) (*pkg, int) {
		return r.byIdentity[s.opts.Guesses.identity("generic", c.args["filepath"])], 0
	})
}

// downloadRaw answers the addresses of raw packages.
func (s *Server) downloadRaw(c *call) (reply, error) {
	name, filename := c.args["name"], c.args["filename"]
	setDefault(&name, filename)
	return s.download(c, func(r *repo) (*pkg, int) {
		return r.byIdentity[s.opts.Guesses.identity("raw", name, c.args["version"], filename)], 0
	})
}

// downloadFile answers the addresses of all other files.
func (s *Server) downloadFile(c *call) (reply, error) {
	return s.download(c, func(r *repo) (*pkg, int) {
		p := r.byID[c.args["id"]]
		if p == nil {
			return nil, 0
		}
		for i, f := range p.files {
			if f.perm == c.args["file"] {
				return p, i
			}
		}
		return nil, 0
	})
}

// download serves the file that find names, whole or a range of it.
func (s *Server) download(c *call, find func(*repo) (*pkg, int)) (reply, error) {
	b, err := s.takeDownload(c, find)
	if err != nil {
		return reply{}, err
	}
	body, err := b.open()
	if err != nil {
		return reply{}, err
	}
	defer body.Close() //nolint:errcheck // only read from
	h := c.w.Header()
	if !s.opts.Guesses.NoETags {
		h.Set("ETag", `"`+b.digests.md5Hex()+`"`)
	}
	h.Set("Content-Type", "application/octet-stream")
	if s.opts.Guesses.NoRanges {
		h.Set("Content-Length", strconv.FormatInt(b.size, 10))
		c.w.WriteHeader(http.StatusOK)
		if c.r.Method == http.MethodGet {
			// An error here means that the peer left.
			_, _ = io.Copy(c.w, body)
		}
		return reply{written: true}, nil
	}
	http.ServeContent(c.w, c.r, "", time.Time{}, body)
	return reply{written: true}, nil
}

// takeDownload counts a download and returns the bytes.
func (s *Server) takeDownload(c *call, find func(*repo) (*pkg, int)) (*blob, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.repoOf(c)
	if err != nil {
		return nil, err
	}
	p, i := find(r)
	if p == nil {
		return nil, errNotFound
	}
	t, admitted := p.admits(c)
	if !admitted {
		return nil, &apiError{status: s.opts.Guesses.DeniedDownloadStatus, detail: errNotFound.detail}
	}
	st := p.state(c.now)
	b := p.files[i].blob
	if !st.completed() || p.quarantined || b == nil {
		return nil, errNotFound
	}
	if s.opts.BandwidthLimit > 0 && s.traffic+b.size > s.opts.BandwidthLimit {
		return nil, errBandwidth
	}
	if c.r.Method == http.MethodGet {
		s.traffic += b.size
		p.downloads++
		if t != nil {
			t.downloads++
			t.bytes += b.size
		}
		r.downloads++
	}
	return b, nil
}
