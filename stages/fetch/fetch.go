// Package fetch is the stage that copies the bytes of an object version from
// the source into the staging area.
//
// Reads are pinned to the version that was listed: the bytes of a claim are
// those of one version, never a mixture. An object that changed since closes
// as superseded, and its current version takes its place in the flow.
package fetch

import (
	"context"
	"fmt"
	"io"

	"github.com/longshore/longshore/internal/format"
	"github.com/longshore/longshore/stages/stage"
)

// Spec describes the stage.
func Spec() stage.Spec {
	return stage.Spec{
		Name:  "fetch",
		Doc:   "Copies the bytes of an object version into the staging area",
		Needs: []stage.Fact{stage.FactObject},
		Adds:  []stage.Fact{stage.FactClaim},
		Uses:  []stage.Dependency{stage.UsesSource, stage.UsesStaging},
		New:   open,
	}
}

type handler struct {
	source  stage.Source
	staging stage.Staging
	mapping format.Mapping
}

func open(env stage.Env) (stage.Handler, error) {
	m, err := format.Configured(Spec().Name, env.Decode)
	if err != nil {
		return nil, err
	}
	return &handler{source: env.Source, staging: env.Staging, mapping: m}, nil
}

// Handle stages the bytes of the object, or of the version that superseded it.
func (h *handler) Handle(ctx context.Context, in stage.Envelope) ([]stage.Envelope, error) {
	if err := Spec().Check(in); err != nil {
		return nil, err
	}
	var out []stage.Envelope
	current := in
	for range maxVersions {
		claim, err := h.stage(ctx, *current.Artifact.Object)
		if err == nil {
			staged := current.With(func(a *stage.Artifact) { a.Claim = &claim })
			return append(out, staged), nil
		}
		if !isMoved(err) {
			return nil, err
		}
		closed, next, err := h.supersede(ctx, current, err)
		if err != nil {
			return nil, err
		}
		out = append(out, closed)
		if next == nil {
			return out, nil
		}
		current = *next
	}
	return nil, restless(*in.Artifact.Object)
}

// stage copies o into the staging area. It answers a movedError where the
// source no longer serves this version.
func (h *handler) stage(ctx context.Context, o stage.Object) (stage.Claim, error) {
	// What the target cannot take is refused before a byte moves.
	if _, err := h.mapping.Coordinates(o); err != nil {
		return stage.Claim{}, err
	}
	body, err := h.source.Open(ctx, o)
	if err != nil {
		return stage.Claim{}, fmt.Errorf("opening %s: %w", o.URI(), moved(err))
	}
	defer body.Close() //nolint:errcheck // it was read to its end, or the error is known

	r := &sourceReader{r: body}
	claim, err := h.staging.Put(ctx, stage.NewClaimName(o), o.Size, r)
	if err != nil {
		return stage.Claim{}, fmt.Errorf("staging %s: %w", o.URI(), err)
	}
	claim.Proof = body.Proof()
	return claim, nil
}

// sourceReader marks the errors of the source, so that they are told from the
// staging area's: a staging area that answers ErrNotFound must not make an
// object count as deleted.
type sourceReader struct{ r io.Reader }

func (s *sourceReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	return n, moved(err)
}
