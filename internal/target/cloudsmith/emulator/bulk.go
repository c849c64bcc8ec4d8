package emulator

import (
	"errors"
	"fmt"
	"slices"
)

// maxBulk is how many packages one bulk action takes.
const maxBulk = 100

// bulkActions are the words of the API.
func bulkActions() []string {
	return []string{"Delete", "Resync", "Quarantine", "Unquarantine", "Move", "Copy", "Rescan"}
}

// bulkAction answers POST /packages/{owner}/bulk-action/ and, in newer
// versions of the API, POST /bulk-action/{owner}/. What cannot be done to one
// package does not stop the others.
func (s *Server) bulkAction(c *call) (reply, error) {
	if c.args["owner"] != s.opts.Owner {
		return reply{}, errNotFound
	}
	in, err := readObject(c.r)
	if err != nil {
		return reply{}, err
	}
	v := validator{in: in}
	v.text("action", limits{required: true})
	action := v.choice("action", bulkActions()...)
	repository := v.text("repository", limits{max: 255})
	target := v.text("target_repository", limits{})
	ids := v.list("identifiers")
	switch {
	case v.in["identifiers"] == nil:
		v.refuse("identifiers", "This field is required.")
	case len(ids) == 0:
		v.refuse("identifiers", "This list may not be empty.")
	case len(ids) > maxBulk:
		v.refuse("identifiers", fmt.Sprintf("Ensure this field has no more than %d elements.", maxBulk))
	}
	needsTarget := slices.Contains([]string{"Move", "Copy"}, action)
	if needsTarget && target == "" {
		v.refuse("target_repository", "This field is required.")
	}
	if err := v.err(); err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	to := s.repos[target]
	if needsTarget && to == nil {
		return reply{}, invalidField("target_repository", "The repository '"+target+"' does not exist.")
	}
	done, failed := []string{}, map[string]map[string]string{}
	for _, id := range ids {
		if err := s.bulkOne(c, action, s.findPackage(repository, id), to); err != nil {
			failed[id] = map[string]string{"reason": reason(err)}
			continue
		}
		done = append(done, id)
	}
	return ok(map[string]any{"action": action, "packages_actioned": done, "packages_failed_to_action": failed})
}

func reason(err error) string {
	if refused, ok := errors.AsType[*apiError](err); ok {
		return refused.detail
	}
	return err.Error()
}

// findPackage looks in one repository, or in all where its name is empty.
// s.mu is held.
func (s *Server) findPackage(repository, id string) *pkg {
	for slug, r := range s.repos {
		if p := r.byID[id]; p != nil && (repository == "" || repository == slug) {
			return p
		}
	}
	return nil
}

// bulkOne does action to p. s.mu is held.
func (s *Server) bulkOne(c *call, action string, p *pkg, to *repo) error {
	if p == nil {
		return errNotFound
	}
	switch action {
	case "Delete":
		s.delete(p, c)
	case "Resync":
		s.resync(p, c)
	case "Quarantine", "Unquarantine":
		s.quarantine(p, action == "Quarantine", c)
	case "Copy":
		_, err := s.copyTo(p, to, nil, c)
		return err
	case "Move":
		return s.moveTo(p, to, c)
	}
	return nil
}
