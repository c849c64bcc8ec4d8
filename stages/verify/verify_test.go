package verify_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/stages/stagetest"
	"github.com/longshore/longshore/stages/verify"
)

func TestSuite(t *testing.T) {
	stagetest.Run(t, verify.Spec(),
		stagetest.Expect(stagetest.Closes(stage.Verified)),
		stagetest.Given(func(w *stagetest.World) stage.Envelope {
			in := uploaded(w, stage.OriginCreated)
			w.Target.Sync()
			return in
		}),
		stagetest.Scenario("not processed yet",
			stagetest.Expect(stagetest.Waits()),
			stagetest.Given(func(w *stagetest.World) stage.Envelope { return uploaded(w, stage.OriginCreated) })),
		stagetest.Scenario("other bytes arrived",
			stagetest.Expect(stagetest.Restarts()),
			stagetest.Given(func(w *stagetest.World) stage.Envelope {
				in := uploaded(w, stage.OriginCreated)
				w.Target.Sync()
				w.Target.Replace(in.Artifact.Package.ID, []byte("y"))
				return in
			})),
		stagetest.Scenario("refused while processing",
			stagetest.Expect(stagetest.Restarts()),
			stagetest.Given(func(w *stagetest.World) stage.Envelope {
				in := uploaded(w, stage.OriginAdopted)
				w.Target.Refuse("no control file")
				return in
			})))
}

const content = "x"

// uploaded puts a package into the target that is not processed yet, and
// returns the envelope that upload would have made of it.
func uploaded(w *stagetest.World, origin stage.Origin) stage.Envelope {
	o := w.Source.Put("a", []byte(content))
	sum := sha256.Sum256([]byte(content))
	digests := stage.Digests{SHA256: hex.EncodeToString(sum[:])}
	claim := stage.Claim{Name: stage.NewClaimName(o), Size: o.Size, Proof: stage.ProofMD5}
	p, err := w.Target.Publish(context.Background(), stage.Publication{
		Coordinates: stage.Coordinates{Format: "generic", Filename: "a", Filepath: "a"},
		Size:        o.Size,
		Digests:     digests,
		Open:        func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil },
	})
	if err != nil {
		panic(err) // the world's own target, in memory
	}
	p.Origin = origin
	return stage.Envelope{Run: "run", ID: o.ID(), Artifact: stage.Artifact{
		Object: &o, Claim: &claim, Digests: &digests, Package: &p,
	}}
}

func handle(t *testing.T, w *stagetest.World, config string, in stage.Envelope) ([]stage.Envelope, error) {
	t.Helper()
	h, err := verify.Spec().New(w.Env(verify.Spec(), config))
	require.NoError(t, err)
	return h.Handle(t.Context(), in)
}

func TestEqualBytesCloseWithTheEvidence(t *testing.T) {
	for origin, want := range map[stage.Origin]stage.Disposition{
		stage.OriginCreated:  stage.Verified,
		stage.OriginAdopted:  stage.Verified,
		stage.OriginExisting: stage.Present,
	} {
		t.Run(string(origin), func(t *testing.T) {
			w := stagetest.NewWorld()
			in := uploaded(w, origin)
			w.Target.Sync()
			out, err := handle(t, w, "", in)
			require.NoError(t, err)
			require.Len(t, out, 1)
			v := *out[0].Artifact.Verdict
			require.Equal(t, want == stage.Present, v.Reason != "")
			v.Reason = ""
			require.Equal(t, stage.Verdict{
				Disposition: want, Class: stage.ClassExact, SourceProof: stage.ProofMD5,
				SHA256: in.Artifact.Digests.SHA256, TargetSHA256: in.Artifact.Digests.SHA256, TargetSize: 1,
			}, v)
		})
	}
}

// elsewhere is a target that refused our package as a duplicate and answers
// with the one that stands there.
type elsewhere struct {
	stage.Target
	good stage.Package
}

func (e elsewhere) Status(context.Context, stage.Package) (stage.PackageStatus, error) {
	return stage.PackageStatus{State: stage.SyncDone, Package: e.good}, nil
}

func TestADuplicateClosesAsTheOneThatStandsThere(t *testing.T) {
	for origin, want := range map[stage.Origin]stage.Disposition{
		stage.OriginAdopted:  stage.Verified,
		stage.OriginExisting: stage.Present,
	} {
		t.Run(string(origin), func(t *testing.T) {
			w := stagetest.NewWorld()
			in := uploaded(w, stage.OriginCreated)
			good := stage.Package{ID: "other", Origin: origin, SHA256: in.Artifact.Digests.SHA256, Size: in.Artifact.Claim.Size}
			h, err := verify.Spec().New(stage.Restrict(verify.Spec(), stage.Env{Target: elsewhere{good: good}}))
			require.NoError(t, err)
			out, err := h.Handle(t.Context(), in)
			require.NoError(t, err)
			require.Len(t, out, 1)
			require.Equal(t, want, out[0].Artifact.Verdict.Disposition)
			require.Equal(t, good, *out[0].Artifact.Package)
			require.Equal(t, stage.OriginCreated, in.Artifact.Package.Origin)
		})
	}
}

func TestAPackageInProgressComesBackLaterAndLater(t *testing.T) {
	for _, tt := range []struct {
		age, want time.Duration
		config    string
	}{
		{-time.Hour, 2 * time.Second, ""}, // the target's clock is ahead
		{0, 2 * time.Second, ""},
		{time.Minute, 2 * time.Second, ""},
		{time.Minute + 1, 15 * time.Second, ""},
		{10*time.Minute + 1, time.Minute, ""},
		{24 * time.Hour, time.Minute, ""},
		{0, 5 * time.Second, "poll: 5s"},
		{2 * time.Minute, 30 * time.Second, "poll: 30s"},
		{time.Hour, 2 * time.Minute, "poll: 2m"},
	} {
		w := stagetest.NewWorld()
		in := uploaded(w, stage.OriginCreated)
		w.Advance(tt.age)
		_, err := handle(t, w, tt.config, in)
		d, ok := stage.IsLater(err)
		require.Truef(t, ok, "%v", err)
		require.Equalf(t, tt.want, d, "at the age of %s", tt.age)
	}
}

func TestAPackageThatIsNeverProcessedIsGivenUp(t *testing.T) {
	w := stagetest.NewWorld()
	in := uploaded(w, stage.OriginCreated)
	w.Advance(time.Hour + 1)
	_, err := handle(t, w, "give_up: 1h", in)
	f := stage.FailureOf(err)
	require.Equal(t, stage.Retryable, f.Class)
	require.Equal(t, "sync-timeout", f.Code)
	require.Len(t, w.Target.Packages(), 1, "it may only be slow")
}

func TestAPackageOfUnknownAgeIsNotGivenUp(t *testing.T) {
	w := stagetest.NewWorld()
	in := uploaded(w, stage.OriginCreated)
	p := *in.Artifact.Package
	p.UploadedAt = time.Time{}
	in.Artifact.Package = &p
	env := w.Env(verify.Spec(), "")
	env.Target = ageless{env.Target}
	h, err := verify.Spec().New(env)
	require.NoError(t, err)
	_, err = h.Handle(t.Context(), in)
	d, ok := stage.IsLater(err)
	require.Truef(t, ok, "%v", err)
	require.Equal(t, 15*time.Second, d)
}

// ageless does not tell when packages were uploaded.
type ageless struct{ stage.Target }

func (a ageless) Status(ctx context.Context, p stage.Package) (stage.PackageStatus, error) {
	st, err := a.Target.Status(ctx, p)
	st.Package.UploadedAt = time.Time{}
	return st, err
}

// unsummed is done with packages but has no checksums.
type unsummed struct{ stage.Target }

func (u unsummed) Status(ctx context.Context, p stage.Package) (stage.PackageStatus, error) {
	st, err := u.Target.Status(ctx, p)
	st.Package.SHA256 = ""
	return st, err
}

func TestNoVerdictWithoutAChecksum(t *testing.T) {
	w := stagetest.NewWorld()
	in := uploaded(w, stage.OriginCreated)
	w.Target.Sync()
	env := w.Env(verify.Spec(), "")
	env.Target = unsummed{env.Target}
	h, err := verify.Spec().New(env)
	require.NoError(t, err)
	_, err = h.Handle(t.Context(), in)
	_, ok := stage.IsLater(err)
	require.Truef(t, ok, "%v", err)
}

// padded reports a size that does not belong to the checksum.
type padded struct{ stage.Target }

func (p padded) Status(ctx context.Context, pkg stage.Package) (stage.PackageStatus, error) {
	st, err := p.Target.Status(ctx, pkg)
	st.Package.Size++
	return st, err
}

func TestAnEqualChecksumOfAnotherSizeIsNotTheSame(t *testing.T) {
	w := stagetest.NewWorld()
	in := uploaded(w, stage.OriginCreated)
	w.Target.Sync()
	env := w.Env(verify.Spec(), "")
	env.Target = padded{env.Target}
	h, err := verify.Spec().New(env)
	require.NoError(t, err)
	_, err = h.Handle(t.Context(), in)
	require.True(t, stage.IsRestart(err))
	require.Equal(t, "checksum", stage.FailureOf(err).Code)
}

func TestWhatOfOursIsWrongIsRemovedAndStartsAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(w *stagetest.World, p stage.Package)
		code  string
	}{
		"other bytes": {func(w *stagetest.World, p stage.Package) {
			w.Target.Sync()
			w.Target.Replace(p.ID, []byte("y"))
		}, "checksum"},
		"refused with a reason": {func(w *stagetest.World, _ stage.Package) { w.Target.Refuse("broken") }, "sync-failed"},
		"refused without one":   {func(w *stagetest.World, _ stage.Package) { w.Target.Refuse("") }, "sync-failed"},
	} {
		for _, origin := range []stage.Origin{stage.OriginCreated, stage.OriginAdopted} {
			t.Run(name+" "+string(origin), func(t *testing.T) {
				w := stagetest.NewWorld()
				in := uploaded(w, origin)
				tt.spoil(w, *in.Artifact.Package)
				_, err := handle(t, w, "", in)
				require.True(t, stage.IsRestart(err))
				require.Equal(t, tt.code, stage.FailureOf(err).Code)
				require.Empty(t, w.Target.Packages())
			})
		}
	}
}

func TestWhatIsNotOursIsNeverRemoved(t *testing.T) {
	for _, origin := range []stage.Origin{stage.OriginExisting, ""} {
		t.Run("other bytes, origin "+string(origin), func(t *testing.T) {
			w := stagetest.NewWorld()
			in := uploaded(w, origin)
			w.Target.Sync()
			w.Target.Replace(in.Artifact.Package.ID, []byte("y"))
			_, err := handle(t, w, "", in)
			require.ErrorIs(t, err, stage.ErrConflict)
			require.Equal(t, "conflict", stage.FailureOf(err).Code)
			require.Equal(t, stage.Permanent, stage.ClassOf(err))
			require.False(t, stage.IsRestart(err))
			require.Len(t, w.Target.Packages(), 1)
		})
		t.Run("refused, origin "+string(origin), func(t *testing.T) {
			w := stagetest.NewWorld()
			in := uploaded(w, origin)
			w.Target.Refuse("broken")
			_, err := handle(t, w, "", in)
			require.Equal(t, "sync-failed", stage.FailureOf(err).Code)
			require.Equal(t, stage.Permanent, stage.ClassOf(err))
			require.False(t, stage.IsRestart(err))
			require.Len(t, w.Target.Packages(), 1)
		})
	}
}

func TestAWrongPackageThatCannotBeRemovedDoesNotStartAgainYet(t *testing.T) {
	w := stagetest.NewWorld()
	in := uploaded(w, stage.OriginCreated)
	w.Target.Refuse("broken")
	busy := stage.SlowDown(errors.New("busy"), time.Minute)
	w.Fail(stagetest.TargetRemove, 1, busy)
	_, err := handle(t, w, "", in)
	require.ErrorIs(t, err, busy)
	require.Equal(t, stage.Throttled, stage.ClassOf(err))
	require.False(t, stage.IsRestart(err))
}

func TestAQuarantinedPackageNeedsAPerson(t *testing.T) {
	w := stagetest.NewWorld()
	in := uploaded(w, stage.OriginCreated)
	w.Target.Sync()
	w.Target.Quarantine("malware")
	_, err := handle(t, w, "", in)
	f := stage.FailureOf(err)
	require.Equal(t, stage.Permanent, f.Class)
	require.Equal(t, "quarantined", f.Code)
	require.Contains(t, f.Message, "malware")
	require.NotEmpty(t, f.Hint)
	require.Len(t, w.Target.Packages(), 1)
}

func TestAPackageThatVanishedStartsAgain(t *testing.T) {
	w := stagetest.NewWorld()
	in := uploaded(w, stage.OriginCreated)
	require.NoError(t, w.Target.Remove(t.Context(), *in.Artifact.Package))
	_, err := handle(t, w, "", in)
	require.True(t, stage.IsRestart(err))
	require.Equal(t, "vanished", stage.FailureOf(err).Code)
}

func TestARepositoryThatIsGoneHalts(t *testing.T) {
	w := stagetest.NewWorld()
	in := uploaded(w, stage.OriginCreated)
	w.Fail(stagetest.TargetStatus, 1, stage.Halt(stage.ErrNotFound))
	_, err := handle(t, w, "", in)
	require.Equal(t, stage.Halted, stage.ClassOf(err))
	require.False(t, stage.IsRestart(err))
}

func TestAWrongConfigurationIsRefused(t *testing.T) {
	for name, config := range map[string]string{
		"an unknown key":     "pol: 2s",
		"no time to wait":    "poll: 0s",
		"giving up at once":  "give_up: -1s",
		"a number, no pause": "poll: often",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := verify.Spec().New(stagetest.NewWorld().Env(verify.Spec(), config))
			require.ErrorContains(t, err, "verify")
		})
	}
}
