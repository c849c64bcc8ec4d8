package emulator

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
)

// serveControl answers below /_emulator/, to the machine itself only.
func (s *Server) serveControl(c *call, rt *route, a args) {
	c.args = a
	if !fromLoopback(c.r) || rt == nil {
		write(c.w, reply{}, errNotFound, c.r.Method)
		return
	}
	rep, err := rt.handle(c)
	write(c.w, rep, err, c.r.Method)
}

func fromLoopback(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	return err == nil && net.ParseIP(host).IsLoopback()
}

func (s *Server) controlStats(*call) (reply, error)    { return ok(s.Stats()) }
func (s *Server) controlPackages(*call) (reply, error) { return ok(s.Packages()) }
func (s *Server) controlFaults(*call) (reply, error)   { return ok(s.faults.list()) }

// ParseFaults reads one fault in JSON or a list of them. An unknown field is an
// error: a fault that is misspelt would make a test pass for nothing.
func ParseFaults(data []byte) ([]Fault, error) {
	if trimmed := bytes.TrimSpace(data); len(trimmed) > 0 && trimmed[0] == '{' {
		data = append(append([]byte("["), trimmed...), ']')
	}
	var faults []Fault
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&faults); err != nil {
		return nil, err
	}
	return faults, nil
}

// controlAddFaults answers POST /_emulator/faults.
func (s *Server) controlAddFaults(c *call) (reply, error) {
	data, err := io.ReadAll(io.LimitReader(c.r.Body, maxJSON))
	if err != nil {
		return reply{}, err
	}
	faults, err := ParseFaults(data)
	if err != nil {
		return reply{}, badRequest(err.Error())
	}
	set, err := s.AddFaults(faults...)
	if err != nil {
		return reply{}, badRequest(err.Error())
	}
	return created(set)
}

func (s *Server) controlClearFaults(*call) (reply, error) {
	s.ClearFaults()
	return noContent()
}

func (s *Server) controlRemoveFault(c *call) (reply, error) {
	id, err := strconv.Atoi(c.args["id"])
	if err != nil || !s.faults.remove(id) {
		return reply{}, errNotFound
	}
	return noContent()
}

func (s *Server) controlReset(*call) (reply, error) {
	if err := s.Reset(); err != nil {
		return reply{}, err
	}
	return noContent()
}

// AddFaults sets faults, all or none, and returns them with their IDs.
func (s *Server) AddFaults(faults ...Fault) ([]Fault, error) {
	for _, f := range faults {
		if err := f.check(); err != nil {
			return nil, err
		}
	}
	return s.faults.add(faults), nil
}

// ClearFaults removes all faults.
func (s *Server) ClearFaults() { s.faults.clear() }
