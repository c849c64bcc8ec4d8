package enumerate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longshore/longshore/stages/enumerate"
	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/stages/stagetest"
)

func TestSuite(t *testing.T) {
	stagetest.Run(t, enumerate.Spec(),
		stagetest.Scenario("pages, rules and a folder",
			stagetest.Config("exclude: ['**/*.tmp']"),
			stagetest.Given(func(w *stagetest.World) stage.Envelope {
				w.Source.PageSize(3)
				for _, key := range []string{"a", "b/", "c/x.tmp", "d"} {
					w.Source.Put(key, nil)
				}
				return shard(stage.Shard{Listing: 1})
			})),
		stagetest.Scenario("another listing",
			stagetest.Given(func(w *stagetest.World) stage.Envelope {
				settle(t, w, w.Source.Put("a", nil), stage.Verified)
				w.Source.Put("b", nil)
				return shard(stage.Shard{Listing: 2})
			})))
}

func shard(s stage.Shard) stage.Envelope {
	return stage.Envelope{Run: "run", ID: stage.NewObjectID("shard", s.Prefix), Artifact: stage.Artifact{Shard: &s}}
}

// settle writes a verdict into the ledger.
func settle(t *testing.T, w *stagetest.World, o stage.Object, d stage.Disposition) {
	t.Helper()
	require.NoError(t, w.Ledger.Fold(t.Context(), stage.Envelope{
		Run: "run", ID: o.ID(),
		Artifact: stage.Artifact{
			Object:     &o,
			Verdict:    &stage.Verdict{Disposition: d},
			Transition: &stage.Transition{Stage: "verify", Outcome: stage.Closed, At: time.Unix(1, 0)},
		},
	}))
}

func handle(t *testing.T, w *stagetest.World, config string, in stage.Envelope) []stage.Envelope {
	t.Helper()
	h, err := enumerate.Spec().New(w.Env(enumerate.Spec(), config))
	require.NoError(t, err)
	out, err := h.Handle(t.Context(), in)
	require.NoError(t, err)
	return out
}

// keys lists the keys of open envelopes; closed ones are marked with their
// code.
func keys(out []stage.Envelope) []string {
	var all []string
	for _, e := range out {
		switch {
		case e.Port != "":
			all = append(all, "->"+e.Port)
		case e.Closed():
			all = append(all, e.Artifact.Object.Key+" "+e.Artifact.Verdict.Code)
		default:
			all = append(all, e.Artifact.Object.Key)
		}
	}
	return all
}

func TestPagesFollowEachOtherToTheLast(t *testing.T) {
	w := stagetest.NewWorld()
	w.Source.PageSize(2)
	for _, key := range []string{"a", "b", "c", "d", "other"} {
		w.Source.Put("p/"+key, []byte(key))
	}
	w.Source.Put("outside", nil)
	in := shard(stage.Shard{Prefix: "p/", Listing: 1})
	in.Artifact.Labels = map[string]string{"team": "red"}

	var found []string
	for pages := 0; ; pages++ {
		out := handle(t, w, "", in)
		last := out[len(out)-1]
		if last.Port == "" {
			found = append(found, keys(out)...)
			require.Equal(t, 2, pages)
			break
		}
		found = append(found, keys(out[:len(out)-1])...)
		require.Equal(t, in.ID, last.ID, "a shard keeps its partition")
		require.Equal(t, pages+1, last.Artifact.Shard.Page)
		for _, e := range out[:len(out)-1] {
			require.Equal(t, e.Artifact.Object.ID(), e.ID)
			require.Nil(t, e.Artifact.Shard)
			require.Equal(t, in.Artifact.Labels, e.Artifact.Labels)
		}
		last.Port = ""
		in = last
	}
	require.Equal(t, []string{"p/a", "p/b", "p/c", "p/d", "p/other"}, found)
}

func TestRulesCloseWithTheirReason(t *testing.T) {
	w := stagetest.NewWorld()
	for _, key := range []string{"keep/a.jar", "keep/a.tmp", "else/a.jar"} {
		w.Source.Put(key, []byte("x"))
	}
	w.Source.Put("keep/folder/", nil)
	w.Source.Put("keep/odd/", []byte("bytes behind a folder's name"))

	out := handle(t, w, "include: ['keep/**']\nexclude: ['**/*.tmp']", shard(stage.Shard{Listing: 1}))
	require.Equal(t, []string{"else/a.jar rule", "keep/a.jar", "keep/a.tmp rule", "keep/folder/ folder", "keep/odd/"}, keys(out))
	require.Equal(t, `exclude rule "**/*.tmp"`, out[2].Artifact.Verdict.Reason)
	for _, e := range out {
		if e.Closed() {
			require.Equal(t, stage.Excluded, e.Artifact.Verdict.Disposition)
			require.NotEmpty(t, e.Artifact.Verdict.Reason)
		}
	}
}

func TestWhatIsSettledIsNotEmittedAgain(t *testing.T) {
	w := stagetest.NewWorld()
	settle(t, w, w.Source.Put("done", []byte("1")), stage.Verified)
	settle(t, w, w.Source.Put("failed", []byte("1")), stage.Failed)
	settle(t, w, w.Source.Put("replaced", []byte("1")), stage.Verified)
	settle(t, w, w.Source.Put("was-excluded", []byte("1")), stage.Excluded)
	settle(t, w, w.Source.Put("excluded", []byte("1")), stage.Excluded)
	w.Source.Put("replaced", []byte("2"))
	config := "exclude: [excluded]"

	first := shard(stage.Shard{Listing: 1})
	require.Equal(t, []string{"done", "excluded rule", "failed", "replaced", "was-excluded"}, keys(handle(t, w, config, first)))
	require.NotContains(t, w.Calls(), stagetest.LedgerSettled)

	again := []string{"failed", "replaced", "was-excluded"}
	require.Equal(t, again, keys(handle(t, w, config, shard(stage.Shard{Listing: 2}))))
	first.Doubt = true
	out := handle(t, w, config, first)
	require.Equal(t, again, keys(out))
	require.True(t, out[0].Doubt)
}

func TestAnEmptyPageThatIsNotTheLastGoesOn(t *testing.T) {
	w := stagetest.NewWorld()
	w.Source.PageSize(1)
	settle(t, w, w.Source.Put("a", nil), stage.Verified)
	w.Source.Put("b", nil)
	require.Equal(t, []string{"->next"}, keys(handle(t, w, "", shard(stage.Shard{Listing: 2}))))
}

func TestAWrongConfigurationIsRefused(t *testing.T) {
	for name, config := range map[string]string{
		"an unknown key":   "inclde: [a]",
		"an empty pattern": "include: ['']",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := enumerate.Spec().New(stagetest.NewWorld().Env(enumerate.Spec(), config))
			require.ErrorContains(t, err, "enumerate")
		})
	}
}
