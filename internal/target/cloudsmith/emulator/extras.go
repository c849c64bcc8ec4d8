package emulator

import "encoding/json"

// createdBody is the answer to a create call: the package, and those fields of
// the request that no other call shows.
type createdBody struct {
	packageBody
	extras map[string]*string
}

// MarshalJSON writes one object.
func (b createdBody) MarshalJSON() ([]byte, error) {
	data, err := json.Marshal(b.packageBody)
	if err != nil || len(b.extras) == 0 {
		return data, err
	}
	more, err := json.Marshal(b.extras)
	if err != nil {
		return nil, err
	}
	// {"a":1} and {"b":2} become {"a":1,"b":2}.
	return append(append(data[:len(data)-1], ','), more[1:]...), nil
}

// renderCreated makes the answer to the call that created p. s.mu is held.
func (s *Server) renderCreated(p *pkg, c *call) createdBody {
	b := createdBody{packageBody: s.render(p, c, false), extras: map[string]*string{}}
	for _, f := range p.format.fields {
		if f.shown {
			b.extras[f.name] = orNull(p.attrs[f.name])
		}
	}
	return b
}

// show makes fields appear in the answer to a create call.
func show(fields ...formField) []formField {
	for i := range fields {
		fields[i].shown = true
	}
	return fields
}
