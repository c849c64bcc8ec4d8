package stagetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// millSpec is the healthy stage that mutants are made from. It uses most
// ports: it digests the staged bytes, keeps a copy of them, and publishes
// them.
func millSpec() stage.Spec {
	return stage.Spec{
		Name:  "mill",
		Doc:   "Copies and publishes the staged bytes",
		Needs: []stage.Fact{stage.FactObject, stage.FactClaim, stage.FactDigests},
		Adds:  []stage.Fact{stage.FactPackage, stage.LabelFact("mill")},
		Ports: []string{"aside"},
		Uses:  []stage.Dependency{stage.UsesTarget, stage.UsesStaging},
		New: func(env stage.Env) (stage.Handler, error) {
			if err := env.Decode(&struct{}{}); err != nil {
				return nil, err
			}
			return stage.HandlerFunc(mill{env}.handle), nil
		},
	}
}

type mill struct{ stage.Env }

func (m mill) handle(ctx context.Context, in stage.Envelope) ([]stage.Envelope, error) {
	if err := m.understand(in); err != nil {
		return nil, err
	}
	if err := m.read(ctx, in); err != nil {
		return nil, err
	}
	if err := m.copy(ctx, in, stage.NewClaimName(*in.Artifact.Object)+"-copy"); err != nil {
		return nil, err
	}
	p, err := m.publish(ctx, in, m.coordinates(in))
	if err != nil {
		return nil, err
	}
	return m.answer(ctx, in, p)
}

func (mill) understand(in stage.Envelope) error {
	if missing := in.Missing(millSpec().Needs); len(missing) > 0 {
		return stage.Poisonf("milling: the envelope lacks %v", missing)
	}
	return nil
}

// read reads the staged bytes and listens to ctx between two reads.
func (m mill) read(ctx context.Context, in stage.Envelope) error {
	r, err := m.Staging.Open(ctx, *in.Artifact.Claim)
	if err != nil {
		return fmt.Errorf("opening staged bytes: %w", err)
	}
	defer r.Close()
	buf := make([]byte, 4<<10)
	for {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("reading staged bytes: %w", err)
		}
		if _, err := r.Read(buf); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading staged bytes: %w", err)
		}
	}
}

func (m mill) copy(ctx context.Context, in stage.Envelope, name stage.ClaimName) error {
	r, err := m.Staging.Open(ctx, *in.Artifact.Claim)
	if err != nil {
		return fmt.Errorf("opening staged bytes: %w", err)
	}
	defer r.Close()
	if _, err := m.Staging.Put(ctx, name, in.Artifact.Claim.Size, r); err != nil {
		return fmt.Errorf("copying staged bytes: %w", err)
	}
	return nil
}

func (mill) coordinates(in stage.Envelope) stage.Coordinates {
	return stage.Coordinates{Format: "raw", Filename: "milled", Filepath: string(in.Artifact.Object.ID())}
}

func (m mill) publish(ctx context.Context, in stage.Envelope, c stage.Coordinates) (stage.Package, error) {
	p, err := m.Target.Publish(ctx, stage.Publication{
		Coordinates: c, Size: in.Artifact.Claim.Size, Digests: *in.Artifact.Digests, Doubt: in.Doubt,
		Open: func(ctx context.Context) (io.ReadCloser, error) { return m.Staging.Open(ctx, *in.Artifact.Claim) },
	})
	if err != nil {
		return stage.Package{}, fmt.Errorf("publishing: %w", err)
	}
	return p, nil
}

// answer waits for a package that was there before to be processed, and does
// not wait for one that is new.
func (m mill) answer(ctx context.Context, in stage.Envelope, p stage.Package) ([]stage.Envelope, error) {
	if in.Artifact.Package != nil {
		s, err := m.Target.Status(ctx, *in.Artifact.Package)
		if err != nil {
			return nil, fmt.Errorf("asking for the status: %w", err)
		}
		if s.State == stage.SyncPending {
			return nil, stage.Later(time.Minute)
		}
	}
	return []stage.Envelope{in.With(func(a *stage.Artifact) {
		a.Package = &p
		if a.Labels == nil {
			a.Labels = map[string]string{}
		}
		a.Labels["mill"] = "done"
	})}, nil
}

// givenPending is an input with a package that the target has not processed.
func givenPending() Option {
	return Given(func(w *World) stage.Envelope {
		in := w.Envelope(millSpec().Needs...)
		p := must(mill{w.Env(millSpec(), "")}.publish(context.Background(), in, stage.Coordinates{Format: "raw", Filename: "earlier"}))
		in.Artifact.Package = &p
		return in
	})
}

// mutate makes the mill with another handler.
func mutate(handle func(m mill) stage.HandlerFunc) stage.Spec {
	s := millSpec()
	s.New = func(env stage.Env) (stage.Handler, error) {
		if err := env.Decode(&struct{}{}); err != nil {
			return nil, err
		}
		return handle(mill{env}), nil
	}
	return s
}

// before makes the mill do something else first.
func before(first func(m mill, ctx context.Context, in stage.Envelope) error) stage.Spec {
	return mutate(func(m mill) stage.HandlerFunc {
		return func(ctx context.Context, in stage.Envelope) ([]stage.Envelope, error) {
			if err := m.understand(in); err != nil {
				return nil, err
			}
			if err := first(m, ctx, in); err != nil {
				return nil, err
			}
			return m.handle(ctx, in)
		}
	})
}

// after makes the mill change its answer.
func after(last func(ctx context.Context, in stage.Envelope, out []stage.Envelope, err error) ([]stage.Envelope, error)) stage.Spec {
	return mutate(func(m mill) stage.HandlerFunc {
		return func(ctx context.Context, in stage.Envelope) ([]stage.Envelope, error) {
			out, err := m.handle(ctx, in)
			return last(ctx, in, out, err)
		}
	})
}
