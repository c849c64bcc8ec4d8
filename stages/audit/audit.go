// Package audit is the stage at the end of the flow: it folds every transition
// into the ledger and gives staged bytes back once their fate is recorded.
//
// It is the ledger's only writer. Folding a transition again changes nothing,
// and releasing what is not there is fine, so the audit topic can be read from
// its start at any time.
package audit

import (
	"context"
	"fmt"

	"github.com/longshore/longshore/stages/stage"
)

// Spec describes the stage.
func Spec() stage.Spec {
	return stage.Spec{
		Name:  "audit",
		Doc:   "Records the fate of every artifact in the ledger and releases its staged bytes",
		Needs: []stage.Fact{stage.FactTransition},
		Uses:  []stage.Dependency{stage.UsesLedger, stage.UsesStaging},
		Sink:  true,
		New:   open,
	}
}

type handler struct {
	ledger  stage.Ledger
	staging stage.Staging
}

func open(env stage.Env) (stage.Handler, error) {
	// There is nothing to set; whatever the section holds is a mistake.
	if err := env.Decode(&struct{}{}); err != nil {
		return nil, fmt.Errorf("reading the configuration of stage audit: %w", err)
	}
	return &handler{ledger: env.Ledger, staging: env.Staging}, nil
}

// Handle records the transition. Bytes are released only after Fold returned:
// a crash between the two leaves bytes that a redelivery or the sweep at the
// next start gives back, the other order could lose them to an artifact that
// is still in flight (I5).
func (h *handler) Handle(ctx context.Context, in stage.Envelope) ([]stage.Envelope, error) {
	if err := Spec().Check(in); err != nil {
		return nil, err
	}
	if err := h.ledger.Fold(ctx, in); err != nil {
		return nil, fmt.Errorf("folding into the ledger: %w", err)
	}
	if in.Artifact.Claim == nil || !terminal(in) {
		return nil, nil
	}
	if err := h.staging.Release(ctx, in.Artifact.Claim.Name); err != nil {
		return nil, fmt.Errorf("releasing staged bytes: %w", err)
	}
	return nil, nil
}

// terminal says whether nobody will ask for the staged bytes any more. A dead
// letter that is replayed later finds its claim gone and is fetched again.
func terminal(in stage.Envelope) bool {
	return in.Closed() || in.Artifact.Transition.Outcome == stage.DeadLettered
}
