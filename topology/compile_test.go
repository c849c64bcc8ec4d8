package topology_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/topology"
)

func TestThePlanOfTheDefaultFlow(t *testing.T) {
	plan, err := topology.Compile(topology.Default(), migration())
	if err != nil {
		t.Fatal(err)
	}

	t.Run("lists the stages in flow order", func(t *testing.T) {
		var got []string
		for _, n := range plan.Nodes {
			got = append(got, n.In+" -> "+n.Stage.Name)
		}
		want := []string{"shards -> enumerate", "found -> fetch", "staged -> hash", "hashed -> upload", "uploaded -> verify", "audit -> audit"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("knows what every envelope on a topic carries", func(t *testing.T) {
		got := map[string][]stage.Fact{}
		for _, n := range plan.Nodes {
			got[n.In] = n.Facts
		}
		want := map[string][]stage.Fact{
			"shards":   facts("shard"),
			"found":    facts("object"),
			"staged":   facts("object", "claim"),
			"hashed":   facts("object", "claim", "digests"),
			"uploaded": facts("object", "claim", "digests", "package"),
			"audit":    facts("transition"),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("leads restarts to where the bytes are fetched", func(t *testing.T) {
		if plan.Restart != "found" || !slices.Equal(plan.RestartKeeps, facts("object")) {
			t.Errorf("got %q keeping %v, want found keeping object", plan.Restart, plan.RestartKeeps)
		}
	})
	t.Run("leads every output to its topic", func(t *testing.T) {
		n, ok := plan.Node("enumerate")
		if diff := cmp.Diff(map[string]string{"": "found", "next": "shards"}, n.Out); !ok || diff != "" {
			t.Error(ok, diff)
		}
		if n, _ := plan.Node("audit"); len(n.Out) != 0 {
			t.Errorf("the sink leads to %v", n.Out)
		}
	})
	t.Run("names the ends", func(t *testing.T) {
		if plan.Entry != "shards" || plan.Audit != "audit" {
			t.Errorf("got entry %q and audit %q", plan.Entry, plan.Audit)
		}
	})
}

func TestTopicsWithTwoWritersCarryWhatBothAgreeOn(t *testing.T) {
	plan := compileFile(t, "testdata/good/two-listings.yaml")
	n, _ := plan.Node("fetch")
	if !slices.Equal(n.Facts, facts("object")) {
		t.Errorf("topic wanted carries %v; label:big comes one way only", n.Facts)
	}
}

func TestGraphsMadeInGo(t *testing.T) {
	flow := func(arrows ...string) *topology.Graph {
		g := &topology.Graph{Name: "custom", Entry: "work"}
		for _, text := range arrows {
			a, err := topology.ParseArrow(text)
			if err != nil {
				t.Fatal(err)
			}
			g.Arrows = append(g.Arrows, a)
		}
		return g
	}
	spec := func(name string, s stage.Spec) stage.Spec {
		s.Name, s.Doc, s.New = name, "does its part", idle
		return s
	}
	judge := spec("judge", stage.Spec{Adds: facts("verdict")})
	audit := spec("audit", stage.Spec{Needs: facts("transition"), Sink: true})

	t.Run("need neither enumerate nor fetch", func(t *testing.T) {
		plan, err := topology.Compile(flow("judge -> audit -> audit", "start -> judged -> judge", "start.again -> work -> start"),
			[]stage.Spec{judge, audit, spec("start", stage.Spec{Ports: []string{"again"}})})
		if err != nil {
			t.Fatal(err)
		}
		if plan.Nodes[0].Stage.Name != "start" || plan.Restart != "" || plan.RestartKeeps != nil {
			t.Errorf("got %+v", plan)
		}
		n, _ := plan.Node("judge")
		if !slices.Equal(n.Facts, facts("shard")) {
			t.Errorf("judge gets %v, want what the entry brings", n.Facts)
		}
	})

	for _, c := range []struct {
		name  string
		graph *topology.Graph
		specs []stage.Spec
		want  []string
	}{
		{
			"are reported by the number of the arrow", flow("judge -> audit -> audit", "judge -> audit -> audit"),
			[]stage.Spec{judge, audit},
			[]string{"custom: arrow 2: arrow judge -> audit -> audit was drawn before (arrow 1)"},
		},
		{
			"are held to the same names", &topology.Graph{Name: "custom", Entry: "Work.1", Arrows: []topology.Arrow{
				{From: "judge", Topic: "audit", To: "audit"}, {From: "start", Topic: "Work.1", To: "judge"},
			}},
			[]stage.Spec{judge, audit},
			[]string{`custom: arrow 2: topic name "Work.1"`, `custom: arrow 2: unknown stage "start"`},
		},
		{
			"are held to the same partitions", &topology.Graph{
				Name: "custom", Entry: "work", Arrows: []topology.Arrow{{From: "judge", Topic: "audit", To: "audit"}},
				Topics: []topology.Setting{{Topic: "audit", Partitions: -1}},
			},
			[]stage.Spec{judge, audit},
			[]string{"topic audit has -1 partitions"},
		},
		{
			"need sound stages", flow("judge -> audit -> audit"),
			[]stage.Spec{judge, audit, {Name: "Odd", New: idle}, judge},
			[]string{`stage name "Odd"`, `two stages are called "judge"`},
		},
		{
			"need a sink that is content with transitions", flow("judge -> audit -> audit"),
			[]stage.Spec{judge, spec("audit", stage.Spec{Needs: facts("transition", "object"), Sink: true})},
			[]string{"stage audit needs object, which topic audit does not carry"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := topology.Compile(c.graph, c.specs)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error misses %q:\n%v", want, err)
				}
			}
		})
	}
}

func TestCompilingLeavesTheGraphAlone(t *testing.T) {
	g, want := topology.Default(), topology.Default()
	if _, err := topology.Compile(g, migration()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Arrows, g.Arrows); diff != "" {
		t.Error(diff)
	}
}
