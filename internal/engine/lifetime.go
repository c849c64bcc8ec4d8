package engine

import "context"

// lifetime is how long a Run goes on. A message's own context is not used for
// this, since watermill cancels it as soon as its router is closed (M2).
type lifetime struct {
	// feeding ends when the drain begins: whoever only waits gives up.
	feeding context.Context //nolint:containedctx // a pair that is passed on together, for one Run
	// working ends when the drain has taken too long: work in flight stops.
	working context.Context //nolint:containedctx // as above
}
