// Package upload is the stage that publishes staged bytes as a package.
//
// Publishing is idempotent in the port: coordinates are a pure function of the
// object, other bytes in place are a conflict and are never replaced, and in
// doubt the target looks before it sends.
package upload

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/longshore/longshore/internal/format"
	"github.com/longshore/longshore/stages/stage"
)

// Spec describes the stage.
func Spec() stage.Spec {
	return stage.Spec{
		Name:    "upload",
		Doc:     "Publishes the staged bytes as a package in the target",
		Needs:   []stage.Fact{stage.FactObject, stage.FactClaim, stage.FactDigests},
		Adds:    []stage.Fact{stage.FactPackage},
		Uses:    []stage.Dependency{stage.UsesTarget, stage.UsesStaging},
		Effects: true,
		New:     open,
	}
}

type handler struct {
	target  stage.Target
	staging stage.Staging
	mapping format.Mapping
}

func open(env stage.Env) (stage.Handler, error) {
	m, err := format.Configured(Spec().Name, env.Decode)
	if err != nil {
		return nil, err
	}
	return &handler{target: env.Target, staging: env.Staging, mapping: m}, nil
}

// Handle makes sure that the package exists.
func (h *handler) Handle(ctx context.Context, in stage.Envelope) ([]stage.Envelope, error) {
	if err := Spec().Check(in); err != nil {
		return nil, err
	}
	object, claim := *in.Artifact.Object, *in.Artifact.Claim
	at, err := h.mapping.Coordinates(object)
	if err != nil {
		return nil, err
	}
	p, err := h.target.Publish(ctx, stage.Publication{
		Coordinates: at,
		Size:        claim.Size,
		Digests:     *in.Artifact.Digests,
		Doubt:       in.Doubt,
		Open: func(ctx context.Context) (io.ReadCloser, error) {
			r, err := h.staging.Open(ctx, claim)
			if err != nil {
				return nil, fmt.Errorf("opening staged bytes: %w", err)
			}
			return r, nil
		},
	})
	if err != nil {
		return nil, h.explain(ctx, object, at, claim, err)
	}
	return []stage.Envelope{in.With(func(a *stage.Artifact) { a.Package = &p })}, nil
}

// explain adds what the target cannot know to its error.
func (h *handler) explain(ctx context.Context, o stage.Object, at stage.Coordinates, claim stage.Claim, err error) error {
	err = fmt.Errorf("publishing %s: %w", o.URI(), err)
	switch {
	case errors.Is(err, stage.ErrConflict):
		return stage.NotRetryable(err,
			stage.Code("conflict"),
			stage.Hint("key %q and the package at %s hold different bytes: compare them, then remove the package or exclude the key", o.Key, where(at)))
	case errors.Is(err, stage.ErrClaimGone):
		// They may be there and damaged. Fetching again puts equal names only
		// once, so damaged bytes must not stay in the way.
		if rerr := h.staging.Release(ctx, claim.Name); rerr != nil {
			return fmt.Errorf("releasing staged bytes that cannot be used: %w", rerr)
		}
	}
	return err
}

// where names coordinates for people.
func where(at stage.Coordinates) string {
	if at.Filepath != "" {
		return fmt.Sprintf("%s %q", at.Format, at.Filepath)
	}
	return fmt.Sprintf("%s %q, file %q", at.Format, at.Name, at.Filename)
}
