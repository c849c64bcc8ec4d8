package stagetest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/stages/stagetest"
)

// scanSpec describes a stage that a newcomer might write: it looks for a
// pattern in the staged bytes and records what it found as a label.
func scanSpec() stage.Spec {
	return stage.Spec{
		Name:  "scan",
		Doc:   "Looks for a forbidden pattern in the staged bytes",
		Needs: []stage.Fact{stage.FactClaim},
		Adds:  []stage.Fact{stage.LabelFact("scan")},
		Uses:  []stage.Dependency{stage.UsesStaging},
		New: func(env stage.Env) (stage.Handler, error) {
			s := scanner{staging: env.Staging, Pattern: "EICAR"}
			if err := env.Decode(&s); err != nil {
				return nil, fmt.Errorf("reading the settings of scan: %w", err)
			}
			return s, nil
		},
	}
}

type scanner struct {
	staging stage.Staging
	Pattern string `yaml:"pattern"`
}

func (s scanner) Handle(ctx context.Context, in stage.Envelope) ([]stage.Envelope, error) {
	if in.Artifact.Claim == nil {
		return nil, stage.Poisonf("scanning %s: nothing is staged", in.ID)
	}
	r, err := s.staging.Open(ctx, *in.Artifact.Claim)
	if err != nil {
		return nil, fmt.Errorf("opening staged bytes: %w", err)
	}
	defer r.Close()

	found, err := s.search(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("scanning staged bytes: %w", err)
	}
	if found {
		return []stage.Envelope{in.Close(stage.Verdict{Disposition: stage.Excluded, Reason: "forbidden pattern found"})}, nil
	}
	return []stage.Envelope{in.With(func(a *stage.Artifact) {
		if a.Labels == nil {
			a.Labels = map[string]string{}
		}
		a.Labels["scan"] = "clean"
	})}, nil
}

// search keeps the end of each chunk, where a pattern may begin.
func (s scanner) search(ctx context.Context, r io.Reader) (bool, error) {
	var window []byte
	buf := make([]byte, 64<<10)
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		n, err := r.Read(buf)
		window = append(window, buf[:n]...)
		if bytes.Contains(window, []byte(s.Pattern)) {
			return true, nil
		}
		window = window[max(0, len(window)-len(s.Pattern)):]
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// TestScan is all that a newcomer has to write.
func TestScan(t *testing.T) {
	stagetest.Run(t, scanSpec(),
		stagetest.Scenario("a pattern that is there",
			stagetest.Config("pattern: forbidden"),
			stagetest.Given(func(w *stagetest.World) stage.Envelope {
				in := w.Envelope()
				claim := w.Stage(w.Source.Put("bad.zip", []byte("all that is forbidden")))
				in.Artifact.Claim = &claim
				return in
			}),
			stagetest.Expect(stagetest.Closes(stage.Excluded))))
}
