package emulator

import "slices"

// scanPackage answers POST …/{id}/scan/. No scanner runs here, as for formats
// that the real one does not support.
func (s *Server) scanPackage(c *call) (reply, error) { return s.getPackage(c) }

// updateLicense answers PATCH …/{id}/update-license/.
func (s *Server) updateLicense(c *call) (reply, error) {
	in, err := readObject(c.r)
	if err != nil {
		return reply{}, err
	}
	v := validator{in: in}
	spdx := v.text("spdx_license", limits{min: 1, max: 255})
	v.text("license_notes", limits{max: 1000})
	v.text("license_url", limits{max: 255})
	v.choice("action", "Update")
	v.choice("license_override", "None", "Ignored", "Purchased")
	if err := v.err(); err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.packageOf(c)
	if err != nil {
		return reply{}, err
	}
	if spdx != "" {
		p.license = spdx
	}
	s.record(c, "package.license.update", p.auditObject())
	return ok(s.render(p, c, true))
}

// choice reads one of several words; empty if it is absent.
func (v *validator) choice(name string, words ...string) string {
	value := v.text(name, limits{})
	if value != "" && !slices.Contains(words, value) {
		v.refuse(name, "\""+value+"\" is not a valid choice.")
		return ""
	}
	return value
}
