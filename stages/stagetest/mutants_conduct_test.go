package stagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// conductMutants behave badly towards their input, their context, or errors.
func conductMutants() []mutant {
	input, stops := []string{"leaves its input alone"}, []string{"stops when told"}
	nonsense, faults := []string{"survives nonsense"}, []string{"passes faults on with their class"}
	return []mutant{
		{name: "writes into the labels of its input", breaks: input, spec: before(func(_ mill, _ context.Context, in stage.Envelope) error {
			if in.Artifact.Labels != nil {
				in.Artifact.Labels["mill"] = "begun"
			}
			return nil
		})},
		{name: "writes into a fact of its input", breaks: input, spec: after(
			func(_ context.Context, in stage.Envelope, out []stage.Envelope, err error) ([]stage.Envelope, error) {
				if c := in.Artifact.Claim; c != nil && err == nil {
					facts := *c
					out[0].Artifact.Claim = &facts
					c.Proof = stage.ProofNone
				}
				return out, err
			})},
		{name: "shares the labels of its input", breaks: input, spec: sharing(), opts: []Option{alreadyMilled()}},
		{name: "cannot be interrupted", breaks: stops, spec: mutate(func(m mill) stage.HandlerFunc {
			return func(ctx context.Context, in stage.Envelope) ([]stage.Envelope, error) {
				return m.handle(context.WithoutCancel(ctx), in)
			}
		})},
		{name: "reads on when the context has ended", breaks: stops, spec: before(func(m mill, ctx context.Context, in stage.Envelope) error {
			return m.readAll(ctx, in)
		})},
		{name: "hides that it was interrupted", breaks: stops, spec: after(
			func(ctx context.Context, _ stage.Envelope, out []stage.Envelope, err error) ([]stage.Envelope, error) {
				if ctx.Err() != nil {
					return nil, errors.New("interrupted")
				}
				return out, err
			})},
		{name: "takes an interruption for a verdict", breaks: stops, spec: after(
			func(ctx context.Context, in stage.Envelope, out []stage.Envelope, err error) ([]stage.Envelope, error) {
				if ctx.Err() != nil {
					return []stage.Envelope{in.Close(stage.Verdict{Disposition: stage.Failed, Reason: "interrupted"})}, nil
				}
				return out, err
			})},
		{name: "leaves a goroutine that waits for ever", breaks: stops, spec: before(func(mill, context.Context, stage.Envelope) error {
			go func() { <-make(chan struct{}) }()
			return nil
		})},
		{name: "leaves a goroutine that outlives it", breaks: stops, spec: before(func(mill, context.Context, stage.Envelope) error {
			go time.Sleep(time.Hour)
			return nil
		})},
		{name: "waits for the far side", breaks: []string{"adds what it says and keeps the rest", "survives nonsense"},
			spec: waiting(), opts: []Option{givenPending(), Expect(Waits())}},
		{name: "panics where a fact is missing", breaks: nonsense, spec: mutate(func(m mill) stage.HandlerFunc {
			return func(ctx context.Context, in stage.Envelope) ([]stage.Envelope, error) {
				_ = in.Artifact.Digests.SHA256
				return m.handle(ctx, in)
			}
		})},
		{name: "believes a size", breaks: nonsense, spec: before(func(_ mill, _ context.Context, in stage.Envelope) error {
			_ = make([]byte, in.Artifact.Claim.Size)
			return nil
		})},
		{name: "works in a place that all artifacts share", breaks: nonsense, spec: before(func(m mill, ctx context.Context, _ stage.Envelope) error {
			_, err := m.Staging.Put(ctx, "scratch", 1, bytes.NewReader([]byte{0}))
			return err
		})},
		{name: "swallows an error", breaks: faults, spec: before(func(m mill, ctx context.Context, in stage.Envelope) error {
			_, _ = m.Target.Find(ctx, m.coordinates(in))
			return nil
		})},
		{name: "hides the class of an error", breaks: faults, spec: onError(func(err error) error {
			return fmt.Errorf("milling: %v", err) // the fault of this mutant
		})},
		{name: "makes every error permanent", breaks: faults, spec: onError(func(err error) error { return stage.NotRetryable(err) })},
		{name: "forgets how long to wait", breaks: faults, spec: onError(func(err error) error {
			if stage.ClassOf(err) == stage.Throttled {
				return stage.SlowDown(err, 0)
			}
			return err
		})},
		{name: "starts over at every error", breaks: faults, spec: onError(stage.Restart)},
	}
}

// readAll does not listen to the context between two reads.
func (m mill) readAll(ctx context.Context, in stage.Envelope) error {
	r, err := m.Staging.Open(ctx, *in.Artifact.Claim)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, r)
	return err
}

// sharing hands on the labels of an input that has been milled before.
func sharing() stage.Spec {
	return after(func(_ context.Context, in stage.Envelope, out []stage.Envelope, err error) ([]stage.Envelope, error) {
		if err == nil && in.Artifact.Labels["mill"] != "" {
			out[0].Artifact.Labels = in.Artifact.Labels
		}
		return out, err
	})
}

func alreadyMilled() Option {
	return Given(func(w *World) stage.Envelope {
		return w.Envelope(append(millSpec().Needs, stage.LabelFact("mill"))...)
	})
}

// waiting asks for the status until the package is processed.
func waiting() stage.Spec {
	return before(func(m mill, ctx context.Context, in stage.Envelope) error {
		for {
			s, err := m.Target.Status(ctx, *in.Artifact.Package)
			if err != nil || s.State != stage.SyncPending {
				return err
			}
			select {
			case <-time.After(10 * time.Second):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
}

// onError changes the errors of the mill, except the end of the context.
func onError(change func(error) error) stage.Spec {
	return after(func(ctx context.Context, _ stage.Envelope, out []stage.Envelope, err error) ([]stage.Envelope, error) {
		if err == nil || ctx.Err() != nil {
			return out, err
		}
		return nil, change(err)
	})
}
