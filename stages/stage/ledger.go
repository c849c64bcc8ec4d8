package stage

import "context"

// Ledger keeps the fate of every object version. It is a view of the audit
// topic: folding the topic again from its start gives the same rows.
// Implementations pass internal/ledger/ledgertest.
type Ledger interface {
	// Fold records the transitions that the envelopes carry. When it returns
	// nil they are durable. Folding one again, or in another order, changes
	// nothing.
	Fold(ctx context.Context, events ...Envelope) error

	// Settled says which of the object versions are closed as verified,
	// present or excluded, so that another listing need not emit them again.
	// It may lag behind the topics; an object that is missing from the answer
	// is only work done twice, never lost.
	Settled(ctx context.Context, objects []Object) (map[ObjectID]Disposition, error)
}
