package cloudsmith

import (
	"context"
	"time"
)

// Governor keeps requests within the account's budget. All requests of a
// Target pass it. NewPace makes one for a process; several processes may share
// one through an implementation with a common store.
type Governor interface {
	// Admit waits until a request may go, for at most patience. If that is not
	// long enough it answers a Throttled error at once, and nothing was
	// admitted. The caller passes what came of the request to done, once, also
	// where nothing did.
	Admit(ctx context.Context, a Admission) (done func(Outcome), err error)
}

// Admission is what a request asks for.
type Admission struct {
	// Cost is how many requests of the account's budget it takes: 0 for the
	// transfer of bytes, which other hosts serve.
	Cost int
	// Patience is how long to wait at most.
	Patience time.Duration
}

// Outcome is what an answer says about the budget.
type Outcome struct {
	// Answered says that there was an answer at all.
	Answered bool
	// Throttled says that the far side asked for patience; Wait is how long, 0
	// where it did not say.
	Throttled bool
	Wait      time.Duration
	// Limit and Remaining are the budget of the window that ends in Reset. All
	// are 0 where the answer said nothing.
	Limit, Remaining int
	Reset            time.Duration
}
