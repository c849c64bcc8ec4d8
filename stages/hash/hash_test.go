package hash_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longshore/longshore/stages/hash"
	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/stages/stagetest"
)

func TestSuite(t *testing.T) {
	stagetest.Run(t, hash.Spec(),
		stagetest.Scenario("with MD5", stagetest.Config("md5: true")),
		stagetest.Scenario("a bit flipped in staging",
			stagetest.Expect(stagetest.Restarts()),
			stagetest.Given(func(w *stagetest.World) stage.Envelope {
				in := staged(w, []byte("right"))
				w.Staging.Flip(in.Artifact.Claim.Name)
				return in
			})))
}

// staged puts an object with that content into the source and the staging
// area.
func staged(w *stagetest.World, content []byte) stage.Envelope {
	o := w.Source.Put("a", content)
	claim, err := w.Staging.Put(context.Background(), stage.NewClaimName(o), o.Size, bytes.NewReader(content))
	if err != nil {
		panic(err) // the world's own staging area, in memory
	}
	return stage.Envelope{Run: "run", ID: o.ID(), Artifact: stage.Artifact{Object: &o, Claim: &claim}}
}

func handler(t *testing.T, w *stagetest.World, config string) stage.Handler {
	t.Helper()
	h, err := hash.Spec().New(w.Env(hash.Spec(), config))
	require.NoError(t, err)
	return h
}

func TestDigestsAreThoseOfTheBytes(t *testing.T) {
	// Around the size of the buffer, and around blocks of SHA-256.
	for _, size := range []int{0, 1, 55, 56, 63, 64, 65, 256<<10 - 1, 256 << 10, 256<<10 + 1, 1<<20 + 7} {
		content := make([]byte, size)
		_, _ = rand.NewChaCha8([32]byte{byte(size)}).Read(content)
		for _, config := range []string{"", "md5: true"} {
			w := stagetest.NewWorld()
			out, err := handler(t, w, config).Handle(t.Context(), staged(w, content))
			require.NoError(t, err)
			require.Len(t, out, 1)
			sha, sum5 := sha256.Sum256(content), md5.Sum(content)
			want := stage.Digests{SHA256: hex.EncodeToString(sha[:])}
			if config != "" {
				want.MD5 = hex.EncodeToString(sum5[:])
			}
			require.Equal(t, want, *out[0].Artifact.Digests)
		}
	}
}

func TestDamagedBytesAreReleasedAndFetchedAgain(t *testing.T) {
	for name, damage := range map[string]func(w *stagetest.World, c *stage.Claim){
		"a bit flipped":             func(w *stagetest.World, c *stage.Claim) { w.Staging.Flip(c.Name) },
		"staged in another length":  func(_ *stagetest.World, c *stage.Claim) { c.Size++ },
		"other bytes of equal size": func(_ *stagetest.World, c *stage.Claim) { c.CRC64NVME = "0000000000000000" },
	} {
		t.Run(name, func(t *testing.T) {
			w := stagetest.NewWorld()
			in := staged(w, []byte("right"))
			damage(w, in.Artifact.Claim)
			_, err := handler(t, w, "").Handle(t.Context(), in)
			require.ErrorIs(t, err, stage.ErrClaimGone)
			require.Empty(t, w.Staging.Names(), "damaged bytes must not stay for the next fetch")
		})
	}
}

// lenient opens bytes of any length.
type lenient struct {
	stage.Staging
	size int64
}

func (l lenient) Open(ctx context.Context, c stage.Claim) (io.ReadCloser, error) {
	c.Size = l.size
	return l.Staging.Open(ctx, c)
}

func TestTheLengthIsCheckedToo(t *testing.T) {
	w := stagetest.NewWorld()
	in := staged(w, []byte("right"))
	env := w.Env(hash.Spec(), "")
	env.Staging = lenient{env.Staging, in.Artifact.Claim.Size}
	in.Artifact.Claim.Size++
	h, err := hash.Spec().New(env)
	require.NoError(t, err)
	_, err = h.Handle(t.Context(), in)
	require.ErrorIs(t, err, stage.ErrClaimGone)
}

func TestDamageHasACode(t *testing.T) {
	w := stagetest.NewWorld()
	in := staged(w, []byte("right"))
	w.Staging.Flip(in.Artifact.Claim.Name)
	_, err := handler(t, w, "").Handle(t.Context(), in)
	f := stage.FailureOf(err)
	require.Equal(t, "staging-corrupt", f.Code)
	require.Equal(t, stage.Retryable, f.Class)
	require.NotEmpty(t, f.Hint)
}

func TestDamagedBytesThatCannotBeReleasedAreNotFetchedAgainYet(t *testing.T) {
	w := stagetest.NewWorld()
	in := staged(w, []byte("right"))
	w.Staging.Flip(in.Artifact.Claim.Name)
	stuck := errors.New("read-only file system")
	w.Fail(stagetest.StagingRelease, 1, stuck)
	_, err := handler(t, w, "").Handle(t.Context(), in)
	require.ErrorIs(t, err, stuck)
	require.False(t, stage.IsRestart(err))
}

func TestAReadErrorIsNotDamage(t *testing.T) {
	w := stagetest.NewWorld()
	in := staged(w, bytes.Repeat([]byte("x"), 20_000))
	w.Fail(stagetest.StagingRead, 2, errors.New("input/output error"))
	_, err := handler(t, w, "").Handle(t.Context(), in)
	require.ErrorContains(t, err, "input/output error")
	require.False(t, stage.IsRestart(err))
	require.Len(t, w.Staging.Names(), 1)
}

func TestAnUnknownSettingIsRefused(t *testing.T) {
	_, err := hash.Spec().New(stagetest.NewWorld().Env(hash.Spec(), "sha1: true"))
	require.ErrorContains(t, err, "hash")
}
