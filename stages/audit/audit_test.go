package audit_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longshore/longshore/stages/audit"
	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/stages/stagetest"
)

func TestSuite(t *testing.T) {
	stagetest.Run(t, audit.Spec(),
		stagetest.Scenario("verified",
			stagetest.Given(func(w *stagetest.World) stage.Envelope { return event(w, stage.Closed, stage.Verified) })),
		stagetest.Scenario("given up",
			stagetest.Given(func(w *stagetest.World) stage.Envelope { return event(w, stage.DeadLettered, "") })))
}

// event is what the engine writes about an artifact whose bytes are staged.
func event(w *stagetest.World, outcome stage.Outcome, d stage.Disposition) stage.Envelope {
	o := w.Source.Put("a", []byte("x"))
	claim, err := w.Staging.Put(context.Background(), stage.NewClaimName(o), o.Size, bytes.NewReader([]byte("x")))
	if err != nil {
		panic(err) // the world's own staging area, in memory
	}
	e := stage.Envelope{Run: "run", ID: o.ID(), Artifact: stage.Artifact{
		Object: &o, Claim: &claim,
		Transition: &stage.Transition{Stage: "verify", Outcome: outcome, At: time.Unix(1, 0)},
	}}
	if d != "" {
		e = e.Close(stage.Verdict{Disposition: d})
	}
	return e
}

func handle(t *testing.T, w *stagetest.World, in stage.Envelope) error {
	t.Helper()
	h, err := audit.Spec().New(w.Env(audit.Spec(), ""))
	require.NoError(t, err)
	out, err := h.Handle(t.Context(), in)
	require.Empty(t, out)
	return err
}

func TestBytesAreReleasedWhenNobodyWillAskForThem(t *testing.T) {
	for name, tt := range map[string]struct {
		outcome  stage.Outcome
		verdict  stage.Disposition
		released bool
	}{
		"verified":   {stage.Closed, stage.Verified, true},
		"present":    {stage.Closed, stage.Present, true},
		"superseded": {stage.Closed, stage.Superseded, true},
		"given up":   {stage.DeadLettered, "", true},
		"passed on":  {stage.Passed, "", false},
		"retried":    {stage.Retried, "", false},
		"delayed":    {stage.Delayed, "", false},
		"restarted":  {stage.Restarted, "", false},
		"parked":     {stage.Parked, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			w := stagetest.NewWorld()
			in := event(w, tt.outcome, tt.verdict)
			require.NoError(t, handle(t, w, in))
			require.Equal(t, tt.released, len(w.Staging.Names()) == 0)
			d, known := w.Ledger.Disposition("run", *in.Artifact.Object)
			require.True(t, known)
			if tt.verdict != "" {
				require.Equal(t, tt.verdict, d)
			}
		})
	}
}

func TestNothingIsReleasedBeforeItsFateIsRecorded(t *testing.T) {
	w := stagetest.NewWorld()
	in := event(w, stage.Closed, stage.Verified)
	full := stage.Halt(errors.New("no space left on device"))
	w.Fail(stagetest.LedgerFold, 1, full)
	require.ErrorIs(t, handle(t, w, in), full)
	require.Len(t, w.Staging.Names(), 1)

	require.NoError(t, handle(t, w, in))
	require.Empty(t, w.Staging.Names())
	calls := w.Calls()
	require.Less(t, slices.Index(calls, stagetest.LedgerFold), slices.Index(calls, stagetest.StagingRelease))
}

func TestAnArtifactWithoutBytesHasNothingToRelease(t *testing.T) {
	w := stagetest.NewWorld()
	in := event(w, stage.Closed, stage.Superseded)
	in.Artifact.Claim = nil
	require.NoError(t, handle(t, w, in))
	require.NotContains(t, w.Calls(), stagetest.StagingRelease)
	require.Len(t, w.Staging.Names(), 1, "the bytes of another version")
}

func TestAnySettingIsRefused(t *testing.T) {
	_, err := audit.Spec().New(stagetest.NewWorld().Env(audit.Spec(), "release: false"))
	require.ErrorContains(t, err, "audit")
}
