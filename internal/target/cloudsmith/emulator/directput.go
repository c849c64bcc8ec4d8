package emulator

import (
	"errors"
	"net/http"
	"strings"
)

// put answers PUT on the upload host: a direct upload, one part of a
// multi-part one, or method put, by the query.
func (s *Server) put(c *call) (reply, error) {
	if err := s.wantRepo(c); err != nil {
		return reply{}, err
	}
	if err := s.checkLength(c.r); err != nil {
		return reply{}, err
	}
	q := c.r.URL.Query()
	id := q.Get("upload_id")
	if id == "" {
		return s.putDirect(c)
	}
	u, err := s.findUpload(c, id)
	if err != nil {
		return reply{}, err
	}
	if u.parts != nil {
		return s.putPart(c, u, q.Get("part_number"))
	}
	return s.putInto(c, u, http.StatusOK)
}

// putDirect stores bytes under a new identifier.
func (s *Server) putDirect(c *call) (reply, error) {
	name := c.args["filename"]
	if runes(name) > 255 {
		return reply{}, invalidField("filename", "Ensure this field has no more than 255 characters.")
	}
	u := &upload{
		owner: c.args["owner"], repo: c.args["repo"], filename: name,
		method: methodPut, requested: c.now,
	}
	if err := s.addUpload(u, c.r.ContentLength); err != nil {
		return reply{}, err
	}
	rep, err := s.putInto(c, u, http.StatusOK)
	if err != nil {
		s.removeUpload(u)
	}
	return rep, err
}

// putInto stores the body of a call as the bytes of u.
func (s *Server) putInto(c *call, u *upload, status int) (reply, error) {
	want := strings.ToLower(c.r.Header.Get("Content-Sha256"))
	if want == "" {
		want = u.sha256
	}
	b, err := s.receive(c)
	if err != nil {
		return reply{}, err
	}
	if s.opts.Guesses.IgnoreDigestHeader {
		want = ""
	}
	if want != "" && want != b.digests.sha256Hex() {
		s.store.drop(b.segments...)
		e := invalidField("content_sha256", "The digest does not match the bytes that arrived.")
		e.status = s.opts.DigestMismatchStatus
		return reply{}, e
	}
	if b, err = s.keep(c, b); err != nil || b == nil {
		return reply{status: status, body: map[string]string{"identifier": u.id}}, err
	}
	if err := s.arrived(u, b); err != nil {
		return reply{}, err
	}
	return reply{status: status, body: map[string]string{"identifier": u.id}}, nil
}

// receive writes the body of a call to the store.
func (s *Server) receive(c *call) (*blob, error) {
	d := newDigester()
	seg, err := s.store.put(c.r.Body, d)
	if err != nil {
		return nil, bodyError(err)
	}
	return newBlob(d.sum(), seg), nil
}

// keep lets faults spoil bytes that have arrived. It returns nil where they
// are thrown away.
func (s *Server) keep(c *call, b *blob) (*blob, error) {
	if c.faults.discard {
		s.store.drop(b.segments...)
		return nil, nil
	}
	if c.faults.corrupt {
		return s.store.corrupted(b)
	}
	return b, nil
}

// bodyError makes an answer of a body that did not arrive.
func bodyError(err error) error {
	if errors.Is(err, errIdle) {
		return errShort
	}
	return err
}

// checkLength refuses a body of unknown or excessive length.
func (s *Server) checkLength(r *http.Request) error {
	if r.ContentLength < 0 && !s.opts.Guesses.AcceptChunked {
		return errNoLength
	}
	if r.ContentLength > s.opts.MaxRequestBytes {
		return errTooLarge
	}
	return nil
}
