package emulator

import (
	"path"
	"strings"
	"sync"
)

// faultList holds the faults that are set.
type faultList struct {
	mu   sync.Mutex
	next int
	set  []*Fault
}

func (l *faultList) add(faults []Fault) []Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range faults {
		l.next++
		faults[i] = faults[i].aimed()
		faults[i].ID, faults[i].Seen, faults[i].Fired = l.next, 0, 0
		kept := faults[i]
		l.set = append(l.set, &kept)
	}
	return faults
}

func (l *faultList) list() []Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Fault, len(l.set))
	for i, f := range l.set {
		out[i] = *f
	}
	return out
}

// remove takes one fault away and says whether it was there.
func (l *faultList) remove(id int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, f := range l.set {
		if f.ID == id {
			l.set = append(l.set[:i:i], l.set[i+1:]...)
			return true
		}
	}
	return false
}

func (l *faultList) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.set = nil
}

// match counts a request and returns what is to go wrong with it.
func (l *faultList) match(role Role, method, escaped, label string) effects {
	l.mu.Lock()
	defer l.mu.Unlock()
	var e effects
	for _, f := range l.set {
		if f.fits(role, method, escaped, label) && f.due() {
			e.add(*f)
		}
	}
	return e
}

// fits says whether f is meant for a request.
func (f Fault) fits(role Role, method, escaped, label string) bool {
	_, route, _ := strings.Cut(label, " ")
	return (f.Role == "" || f.Role == role) &&
		(f.Method == "" || strings.EqualFold(f.Method, method)) &&
		(f.Route == "" || strings.Trim(f.Route, "/") == strings.Trim(route, "/")) &&
		(f.Path == "" || matchPath(f.Path, escaped))
}

func matchPath(pattern, escaped string) bool {
	pattern, escaped = strings.Trim(pattern, "/"), strings.Trim(escaped, "/")
	if head, ok := strings.CutSuffix(pattern, "**"); ok {
		n := strings.Count(head, "/")
		parts := strings.Split(escaped, "/")
		if len(parts) <= n {
			return false
		}
		pattern, escaped = head+"*", strings.Join(parts[:n+1], "/")
	}
	matched, _ := path.Match(pattern, escaped)
	return matched
}

// due counts a fitting request and says whether the fault fires on it.
func (f *Fault) due() bool {
	f.Seen++
	switch {
	case f.Times > 0 && f.Fired >= f.Times,
		f.Nth > 0 && f.Seen != f.Nth,
		f.Every > 0 && f.Seen%f.Every != 0:
		return false
	}
	f.Fired++
	return true
}
