// Package format maps objects of the source to packages of the target: one
// small file per package format.
//
// A mapping is a pure function of the object and the configuration. Every
// delivery of an object, on whatever machine, therefore finds the same
// coordinates, which is what makes publishing repeatable (I3). And it is
// injective: two keys never get the same coordinates, since the second object
// would silently stand for the first (design.md §1). What cannot be mapped so
// is refused with the code "unmappable" or "too-large", never bent into shape.
package format

import "github.com/longshore/longshore/stages/stage"

// Format is one kind of package in the target. Implementations hold no state
// and are safe for concurrent use.
type Format interface {
	// Name is the target's name for it, as in Coordinates.Format.
	Name() string

	// Coordinates says which package o becomes. It looks at nothing but o, and
	// answers a permanent error with a code and a hint for an object that the
	// format cannot hold.
	Coordinates(o stage.Object) (stage.Coordinates, error)
}

// All lists the formats that can be chosen, the default first.
func All() []Format {
	return []Format{Generic{}, Raw{}}
}
