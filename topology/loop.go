package topology

import (
	"slices"
	"strings"
)

// checkLoops reports every arrow that closes a data loop. An artifact that
// went round would be handled without end: waiting and retrying are the
// engine's, by delay topics.
func (c *compiler) checkLoops() {
	v := &visitor{c: c, done: map[string]bool{}}
	if s, ok := c.reader[c.g.Entry]; ok {
		v.visit(s) // first, so that the arrow blamed is the one that leads back
	}
	for _, s := range c.stages() {
		v.visit(s)
	}
}

// visitor walks the arrows depth first.
type visitor struct {
	c    *compiler
	done map[string]bool
	path []wired
}

func (v *visitor) visit(name string) {
	if v.done[name] {
		return
	}
	v.done[name] = true
	for _, w := range v.c.arrows {
		if w.From != name || w.ownLoop() {
			continue
		}
		start := slices.IndexFunc(v.path, func(p wired) bool { return p.From == w.To })
		v.path = append(v.path, w)
		switch {
		case w.To == w.From:
			start = len(v.path) - 1
			fallthrough
		case start >= 0:
			v.c.atf(w, "lead it ahead; waiting and trying again are the engine's, and only a named port may lead back to its own stage",
				"data loop %s", drawLoop(v.path[start:]))
		default:
			v.visit(w.To)
		}
		v.path = v.path[:len(v.path)-1]
	}
}

func drawLoop(arrows []wired) string {
	var b strings.Builder
	for _, w := range arrows {
		b.WriteString(w.output() + " -> " + w.Topic + " -> ")
	}
	return b.String() + arrows[0].From
}

// order lists the stages so that each comes after all that lead to it; among
// equals the one drawn first comes first. It needs a graph without loops.
func (c *compiler) order() []string {
	waits := map[string]int{}
	for _, w := range c.arrows {
		if !w.ownLoop() {
			waits[w.To]++
		}
	}
	var order []string
	rest := c.stages()
	for len(rest) > 0 {
		i := slices.IndexFunc(rest, func(s string) bool { return waits[s] == 0 })
		next := rest[i]
		order, rest = append(order, next), slices.Delete(rest, i, i+1)
		for _, w := range c.arrows {
			if w.From == next && !w.ownLoop() {
				waits[w.To]--
			}
		}
	}
	return order
}
