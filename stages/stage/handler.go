package stage

import "context"

// Handler turns one envelope into zero or more envelopes.
//
// It may be called again with an envelope that it has already handled, on
// another machine, even while the first call still runs; the world must then
// be as after one call. It is called from several goroutines at once, as many
// as the process owns partitions of the stage's topic. It must not retain or
// change its input. When ctx ends it returns promptly with an error wrapping
// ctx.Err, which is never a verdict.
//
// A nil error with no envelopes means that the artifact needs nothing more
// from this stage and that no other stage will see it; only a Sink may do
// that, and a stage whose input is a shard that holds nothing more. On an error the envelopes are ignored. The error's class decides what
// happens next, see Class.
type Handler interface {
	Handle(ctx context.Context, in Envelope) ([]Envelope, error)
}

// HandlerFunc is a function that is a Handler.
type HandlerFunc func(ctx context.Context, in Envelope) ([]Envelope, error)

// Handle calls f.
func (f HandlerFunc) Handle(ctx context.Context, in Envelope) ([]Envelope, error) { return f(ctx, in) }
