package upload_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/stages/stagetest"
	"github.com/longshore/longshore/stages/upload"
)

func TestSuite(t *testing.T) {
	stagetest.Run(t, upload.Spec(),
		stagetest.Scenario("in doubt",
			stagetest.Given(func(w *stagetest.World) stage.Envelope {
				in := hashed(w, "a", "x")
				in.Doubt = true
				return in
			})),
		stagetest.Scenario("other bytes in place",
			stagetest.Expect(stagetest.Fails(stage.Permanent)),
			stagetest.Given(func(w *stagetest.World) stage.Envelope {
				w.Target.Place(at("a"), []byte("y"))
				return hashed(w, "a", "x")
			})),
		stagetest.Scenario("a bit flipped in staging",
			stagetest.Expect(stagetest.Restarts()),
			stagetest.Given(func(w *stagetest.World) stage.Envelope {
				in := hashed(w, "a", "x")
				w.Staging.Flip(in.Artifact.Claim.Name)
				return in
			})))
}

func at(key string) stage.Coordinates {
	return stage.Coordinates{Format: "generic", Filename: key, Filepath: key}
}

// hashed stages an object and digests it.
func hashed(w *stagetest.World, key, content string) stage.Envelope {
	o := w.Source.Put(key, []byte(content))
	claim, err := w.Staging.Put(context.Background(), stage.NewClaimName(o), o.Size, bytes.NewReader([]byte(content)))
	if err != nil {
		panic(err) // the world's own staging area, in memory
	}
	sum := sha256.Sum256([]byte(content))
	return stage.Envelope{Run: "run", ID: o.ID(), Artifact: stage.Artifact{
		Object: &o, Claim: &claim, Digests: &stage.Digests{SHA256: hex.EncodeToString(sum[:])},
	}}
}

func handle(t *testing.T, w *stagetest.World, config string, in stage.Envelope) ([]stage.Envelope, error) {
	t.Helper()
	h, err := upload.Spec().New(w.Env(upload.Spec(), config))
	require.NoError(t, err)
	return h.Handle(t.Context(), in)
}

func TestThePackageStandsAtTheCoordinatesOfTheKey(t *testing.T) {
	for config, want := range map[string]stage.Coordinates{
		"":            {Format: "generic", Filename: "b", Filepath: "a/b"},
		"format: raw": {Format: "raw", Filename: "b", Name: "a/b"},
	} {
		w := stagetest.NewWorld()
		out, err := handle(t, w, config, hashed(w, "a/b", "x"))
		require.NoError(t, err)
		require.Len(t, out, 1)
		require.Equal(t, want, out[0].Artifact.Package.Coordinates)
		require.Equal(t, stage.OriginCreated, out[0].Artifact.Package.Origin)
		require.Len(t, w.Target.Packages(), 1)
	}
}

func TestInDoubtThePackageIsAdopted(t *testing.T) {
	w := stagetest.NewWorld()
	in := hashed(w, "a", "x")
	_, err := handle(t, w, "", in)
	require.NoError(t, err)
	in.Doubt = true
	out, err := handle(t, w, "", in)
	require.NoError(t, err)
	require.Equal(t, stage.OriginAdopted, out[0].Artifact.Package.Origin)
	require.True(t, out[0].Doubt)
	require.Len(t, w.Target.Packages(), 1)
}

// recorder keeps what it was asked to publish.
type recorder struct {
	stage.Target
	asked []stage.Publication
}

func (r *recorder) Publish(ctx context.Context, p stage.Publication) (stage.Package, error) {
	r.asked = append(r.asked, p)
	return r.Target.Publish(ctx, p)
}

func TestTheTargetIsToldWhatItIsAboutToGet(t *testing.T) {
	for _, doubt := range []bool{false, true} {
		w := stagetest.NewWorld()
		in := hashed(w, "a", "x")
		in.Doubt = doubt
		env := w.Env(upload.Spec(), "")
		target := &recorder{Target: env.Target}
		env.Target = target
		h, err := upload.Spec().New(env)
		require.NoError(t, err)
		_, err = h.Handle(t.Context(), in)
		require.NoError(t, err)
		require.Len(t, target.asked, 1)
		require.Equal(t, doubt, target.asked[0].Doubt)
		require.Equal(t, *in.Artifact.Digests, target.asked[0].Digests)
		require.EqualValues(t, 1, target.asked[0].Size)
	}
}

func TestAConflictNamesKeyAndCoordinates(t *testing.T) {
	w := stagetest.NewWorld()
	w.Target.Place(at("a"), []byte("y"))
	_, err := handle(t, w, "", hashed(w, "a", "x"))
	require.ErrorIs(t, err, stage.ErrConflict)
	f := stage.FailureOf(err)
	require.Equal(t, stage.Permanent, f.Class)
	require.Equal(t, "conflict", f.Code)
	require.Contains(t, f.Hint, `key "a"`)
	require.Contains(t, f.Hint, `generic "a"`)
	require.NotEmpty(t, w.Staging.Names(), "the bytes are right, and a replay may need them")
}

func TestBytesDamagedAfterHashingAreReleasedAndFetchedAgain(t *testing.T) {
	w := stagetest.NewWorld()
	in := hashed(w, "a", "x")
	w.Staging.Flip(in.Artifact.Claim.Name)
	_, err := handle(t, w, "", in)
	require.True(t, stage.IsRestart(err))
	require.Empty(t, w.Staging.Names())
	require.Empty(t, w.Target.Packages())
}

func TestDamagedBytesThatCannotBeReleasedAreNotFetchedAgainYet(t *testing.T) {
	w := stagetest.NewWorld()
	in := hashed(w, "a", "x")
	w.Staging.Flip(in.Artifact.Claim.Name)
	stuck := errors.New("read-only file system")
	w.Fail(stagetest.StagingRelease, 1, stuck)
	_, err := handle(t, w, "", in)
	require.ErrorIs(t, err, stuck)
	require.False(t, stage.IsRestart(err))
}

func TestAWrongConfigurationIsRefused(t *testing.T) {
	for name, config := range map[string]string{
		"an unknown key":    "formt: raw",
		"an unknown format": "format: rpm",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := upload.Spec().New(stagetest.NewWorld().Env(upload.Spec(), config))
			require.ErrorContains(t, err, "upload")
		})
	}
}
