package fetch_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longshore/longshore/internal/format"
	"github.com/longshore/longshore/stages/fetch"
	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/stages/stagetest"
)

func TestSuite(t *testing.T) {
	stagetest.Run(t, fetch.Spec(),
		stagetest.Scenario("deleted in the source",
			stagetest.Expect(stagetest.Closes(stage.Superseded)),
			stagetest.Given(func(w *stagetest.World) stage.Envelope {
				w.Source.KeepVersions(false)
				o := w.Source.Put("a", []byte("gone"))
				w.Source.Delete("a")
				return found(o)
			})),
		stagetest.Scenario("replaced in the source",
			stagetest.Given(func(w *stagetest.World) stage.Envelope {
				w.Source.KeepVersions(false)
				o := w.Source.Put("a", []byte("old"))
				w.Source.Put("a", []byte("newer"))
				return found(o)
			})),
		stagetest.Scenario("unmappable",
			stagetest.Expect(stagetest.Fails(stage.Permanent)),
			stagetest.Given(func(w *stagetest.World) stage.Envelope {
				return found(w.Source.Put("a//b", []byte("x")))
			})))
}

func found(o stage.Object) stage.Envelope {
	return stage.Envelope{
		Run: "run", ID: o.ID(),
		Artifact: stage.Artifact{Object: &o, Labels: map[string]string{"team": "red"}},
	}
}

func handler(t *testing.T, env stage.Env) stage.Handler {
	t.Helper()
	h, err := fetch.Spec().New(env)
	require.NoError(t, err)
	return h
}

func TestTheClaimCarriesTheProof(t *testing.T) {
	w := stagetest.NewWorld()
	o := w.Source.Put("a", []byte(strings.Repeat("x", 10_000)))
	out, err := handler(t, w.Env(fetch.Spec(), "")).Handle(t.Context(), found(o))
	require.NoError(t, err)
	require.Len(t, out, 1)
	require.Equal(t, stage.NewClaimName(o), out[0].Artifact.Claim.Name)
	require.Equal(t, stage.ProofMD5, out[0].Artifact.Claim.Proof)
	require.Equal(t, []stage.ClaimName{stage.NewClaimName(o)}, w.Staging.Names())
}

func TestAReplacedVersionIsClosedAndItsSuccessorFetched(t *testing.T) {
	t.Run("in a bucket without versions", func(t *testing.T) { testReplaced(t, false) })
	t.Run("in a bucket with versions that listings do not tell", func(t *testing.T) { testReplaced(t, true) })
}

func testReplaced(t *testing.T, versions bool) {
	t.Helper()
	w := stagetest.NewWorld()
	w.Source.KeepVersions(versions)
	old := w.Source.Put("a", []byte("old"))
	current := w.Source.Put("a", []byte("newer"))
	in := found(old)
	in.Doubt = true

	out, err := handler(t, w.Env(fetch.Spec(), "")).Handle(t.Context(), in)
	require.NoError(t, err)
	require.Len(t, out, 2)
	require.Equal(t, old, *out[0].Artifact.Object)
	require.Equal(t, stage.Superseded, out[0].Artifact.Verdict.Disposition)
	require.NotEmpty(t, out[0].Artifact.Verdict.Reason)
	require.Nil(t, out[0].Artifact.Claim)
	require.False(t, out[1].Closed())
	require.Equal(t, current, *out[1].Artifact.Object)
	require.Equal(t, stage.NewClaimName(current), out[1].Artifact.Claim.Name)
	require.Equal(t, map[string]string{"team": "red"}, out[1].Artifact.Labels)
	require.True(t, out[1].Doubt)
	require.Equal(t, []stage.ClaimName{stage.NewClaimName(current)}, w.Staging.Names())
}

// writer replaces the object each time somebody opens it, before or while it
// is read.
type writer struct {
	stage.Source
	before, during func(n int)
	opened         int
}

func (s *writer) Open(ctx context.Context, o stage.Object) (stage.Body, error) {
	s.opened++
	if s.before != nil {
		s.before(s.opened)
	}
	b, err := s.Source.Open(ctx, o)
	if err != nil || s.during == nil {
		return b, err
	}
	return &interrupted{b, func() { s.during(s.opened) }, s.Source, o}, nil
}

// interrupted ends with ErrChanged after its first Read if the object was
// replaced.
type interrupted struct {
	stage.Body
	during func()
	source stage.Source
	object stage.Object
}

func (b *interrupted) Read(p []byte) (int, error) {
	b.during()
	now, err := b.source.Stat(context.Background(), b.object.Bucket, b.object.Key)
	if err != nil {
		return 0, fmt.Errorf("resuming: %w", err)
	}
	if now.Revision() != b.object.Revision() {
		return 0, fmt.Errorf("resuming: %w", stage.ErrChanged)
	}
	return b.Body.Read(p)
}

func TestAnObjectThatChangesWhileItIsReadIsSuperseded(t *testing.T) {
	w := stagetest.NewWorld()
	w.Source.KeepVersions(false)
	old := w.Source.Put("a", []byte("1"))
	env := w.Env(fetch.Spec(), "")
	env.Source = &writer{Source: env.Source, during: func(n int) {
		if n <= 2 {
			w.Source.Put("a", []byte(strings.Repeat("x", n+1)))
		}
	}}

	out, err := handler(t, env).Handle(t.Context(), found(old))
	require.NoError(t, err)
	require.Len(t, out, 3)
	require.Equal(t, []int64{1, 2, 3}, []int64{out[0].Artifact.Object.Size, out[1].Artifact.Object.Size, out[2].Artifact.Object.Size})
	require.True(t, out[0].Closed())
	require.True(t, out[1].Closed())
	require.False(t, out[2].Closed())
	require.Len(t, w.Staging.Names(), 1)
}

func TestAnObjectDeletedWhileItIsReadIsSuperseded(t *testing.T) {
	w := stagetest.NewWorld()
	w.Source.KeepVersions(false)
	old := w.Source.Put("a", []byte("1"))
	env := w.Env(fetch.Spec(), "")
	env.Source = &writer{Source: env.Source, during: func(int) { w.Source.Delete("a") }}

	out, err := handler(t, env).Handle(t.Context(), found(old))
	require.NoError(t, err)
	require.Len(t, out, 1)
	require.Equal(t, stage.Superseded, out[0].Artifact.Verdict.Disposition)
	require.Equal(t, "deleted", out[0].Artifact.Verdict.Code)
	require.Empty(t, w.Staging.Names())
}

func TestAnObjectThatNeverRestsIsRetried(t *testing.T) {
	w := stagetest.NewWorld()
	w.Source.KeepVersions(false)
	old := w.Source.Put("a", nil)
	env := w.Env(fetch.Spec(), "")
	env.Source = &writer{Source: env.Source, before: func(n int) {
		w.Source.Put("a", []byte(strings.Repeat("x", n)))
	}}

	_, err := handler(t, env).Handle(t.Context(), found(old))
	require.Error(t, err)
	f := stage.FailureOf(err)
	require.Equal(t, stage.Retryable, f.Class)
	require.Equal(t, "restless", f.Code)
}

func TestOnlyTheSourceCanSayThatAnObjectIsGone(t *testing.T) {
	t.Run("the staging area's not found is an error like others", func(t *testing.T) {
		w := stagetest.NewWorld()
		o := w.Source.Put("a", []byte("x"))
		w.Fail(stagetest.StagingPut, 0, fmt.Errorf("no such volume: %w", stage.ErrNotFound))
		_, err := handler(t, w.Env(fetch.Spec(), "")).Handle(t.Context(), found(o))
		require.ErrorIs(t, err, stage.ErrNotFound)
	})
	t.Run("a source that contradicts itself is asked again", func(t *testing.T) {
		w := stagetest.NewWorld()
		o := w.Source.Put("a", []byte("x"))
		w.Fail(stagetest.SourceOpen, 1, stage.ErrNotFound)
		h := handler(t, w.Env(fetch.Spec(), ""))
		_, err := h.Handle(t.Context(), found(o))
		require.ErrorIs(t, err, stage.ErrNotFound)
		require.Equal(t, "unsteady-source", stage.FailureOf(err).Code)
		out, err := h.Handle(t.Context(), found(o))
		require.NoError(t, err)
		require.False(t, out[0].Closed())
	})
	t.Run("a bucket that is gone halts", func(t *testing.T) {
		w := stagetest.NewWorld()
		o := w.Source.Put("a", []byte("x"))
		gone := stage.Halt(fmt.Errorf("no such bucket: %w", stage.ErrNotFound))
		w.Fail(stagetest.SourceOpen, 0, gone)
		w.Fail(stagetest.SourceStat, 0, gone)
		_, err := handler(t, w.Env(fetch.Spec(), "")).Handle(t.Context(), found(o))
		require.Equal(t, stage.Halted, stage.ClassOf(err))
	})
}

func TestWhatTheTargetCannotTakeIsRefusedBeforeAByteMoves(t *testing.T) {
	for name, tt := range map[string]struct {
		object stage.Object
		config string
		code   string
	}{
		"an unmappable key":                {stage.Object{Bucket: stagetest.Bucket, Key: "/a", Size: 1}, "", "unmappable"},
		"an object that is too large":      {stage.Object{Bucket: stagetest.Bucket, Key: "a", Size: format.MaxSize + 1}, "", "too-large"},
		"a key that raw cannot hold":       {stage.Object{Bucket: stagetest.Bucket, Key: "a/", Size: 1}, "format: raw", "unmappable"},
		"a large object in another format": {stage.Object{Bucket: stagetest.Bucket, Key: "a", Size: format.MaxSize + 1}, "format: raw", "too-large"},
	} {
		t.Run(name, func(t *testing.T) {
			w := stagetest.NewWorld()
			_, err := handler(t, w.Env(fetch.Spec(), tt.config)).Handle(t.Context(), found(tt.object))
			require.Equal(t, tt.code, stage.FailureOf(err).Code)
			require.Equal(t, stage.Permanent, stage.ClassOf(err))
			require.Empty(t, w.Calls())
		})
	}
}

func TestBytesThatDifferFromTheirChecksumAreNotStaged(t *testing.T) {
	w := stagetest.NewWorld()
	o := w.Source.Put("a", []byte("right"))
	w.Source.Damage("a")
	_, err := handler(t, w.Env(fetch.Spec(), "")).Handle(t.Context(), found(o))
	require.ErrorIs(t, err, stage.ErrCorrupt)
	require.Empty(t, w.Staging.Names())
}

func TestAWrongConfigurationIsRefused(t *testing.T) {
	for name, config := range map[string]string{
		"an unknown key":    "formt: raw",
		"an unknown format": "format: rpm",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := fetch.Spec().New(stagetest.NewWorld().Env(fetch.Spec(), config))
			require.ErrorContains(t, err, "fetch")
		})
	}
}
