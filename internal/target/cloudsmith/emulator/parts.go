package emulator

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

func partQuery(id string, n int) string {
	return "upload_id=" + url.QueryEscape(id) + "&part_number=" + strconv.Itoa(n)
}

// putPart answers PUT on the upload host with upload_id and part_number.
func (s *Server) putPart(c *call, u *upload, number string) (reply, error) {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > maxParts {
		return reply{}, invalidField("part_number", fmt.Sprintf("Want a number from 1 to %d.", maxParts))
	}
	if s.opts.Guesses.OrderedParts && !u.parts.isNext(n) {
		return reply{}, invalidField("part_number", "Parts have to arrive in order, and once.")
	}
	seg, err := s.store.put(c.r.Body, nil)
	if err != nil {
		return reply{}, bodyError(err)
	}
	if c.faults.discard {
		s.store.drop(seg)
		return reply{status: http.StatusOK}, nil
	}
	if c.faults.corrupt {
		if err := s.store.flip(&seg); err != nil {
			return reply{}, err
		}
	}
	garbage, open := u.parts.put(n, seg)
	s.store.drop(garbage...)
	if !open {
		return reply{}, badRequest("The multi-part upload is over.")
	}
	if err := u.parts.hash(s.store); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusOK}, nil
}

// completeFile answers POST /files/{owner}/{repo}/{id}/complete/. Clients
// repeat it after a lost answer, so it may be called again. Any body will do:
// the specification and the official client disagree about it.
func (s *Server) completeFile(c *call) (reply, error) {
	u, err := s.findParts(c)
	if err != nil {
		return reply{}, err
	}
	u.completing.Lock()
	defer u.completing.Unlock()
	if !s.hasArrived(u) {
		b, err := u.parts.finish(s.store, s.opts.Guesses.MinPartBytes)
		if err != nil {
			return reply{}, err
		}
		if c.faults.corrupt {
			if b, err = s.store.corrupted(b); err != nil {
				return reply{}, err
			}
		}
		if err := s.arrived(u, b); err != nil {
			return reply{}, err
		}
	}
	return created(s.describe(c, u))
}

// fileInfo answers GET /files/{owner}/{repo}/{id}/info/: where a part goes.
func (s *Server) fileInfo(c *call) (reply, error) {
	u, err := s.findParts(c)
	if err != nil {
		return reply{}, err
	}
	q := c.r.URL.Query()
	if q.Get("filename") == "" {
		return reply{}, invalidField("filename", "This field is required.")
	}
	n := 1
	if text := q.Get("part_number"); text != "" {
		if n, err = strconv.Atoi(text); err != nil || n < 1 || n > maxParts {
			return reply{}, invalidField("part_number", "A valid integer is required.")
		}
	}
	b := s.describe(c, u)
	b.Query = pointer(partQuery(u.id, n))
	return ok(b)
}

// abortFile answers POST /files/{owner}/{repo}/{id}/abort/.
func (s *Server) abortFile(c *call) (reply, error) {
	u, err := s.findParts(c)
	if err != nil {
		return reply{}, err
	}
	u.completing.Lock()
	defer u.completing.Unlock()
	if s.hasArrived(u) {
		return reply{}, badRequest("The multi-part upload is complete.")
	}
	s.removeUpload(u)
	s.store.drop(u.parts.abort()...)
	return noContent()
}

// findParts is findUpload for the calls that only multi-part uploads have.
func (s *Server) findParts(c *call) (*upload, error) {
	u, err := s.findUpload(c, c.args["id"])
	if err == nil && u.parts == nil {
		err = errNoParts
	}
	return u, err
}
