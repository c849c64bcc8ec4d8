package topology_test

import (
	"errors"
	"os"
	"testing"

	"github.com/longshore/longshore/topology"
)

// FuzzCompile: no drawing makes the compiler panic or hang, every refusal is a
// list of problems, and every plan keeps what Compile promises. Run it with
// -fuzzminimizetime=10x: the order of maps varies what is covered, so that the
// search for a smaller input of the same coverage takes for ever.
func FuzzCompile(f *testing.F) {
	for _, dir := range []string{"testdata/good", "testdata/bad"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			f.Fatal(err)
		}
		for _, e := range entries {
			text, err := os.ReadFile(dir + "/" + e.Name())
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		specs := append(migration(), newcomers()[:4]...)
		g, err := topology.Parse("fuzz.yaml", text)
		var plan *topology.Plan
		if err == nil {
			plan, err = topology.Compile(g, specs)
		}
		if err != nil {
			var problems topology.Problems
			if !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("%T %v, want Problems", err, err)
			}
			return
		}
		checkPromises(t, plan)
		for _, format := range topology.Formats() {
			if _, err := topology.Draw(plan, format); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// checkPromises follows every output of the plan and comes to the sink.
func checkPromises(t *testing.T, plan *topology.Plan) {
	t.Helper()
	place := map[string]int{} // of the stage that reads a topic
	for i, n := range plan.Nodes {
		if _, twice := place[n.In]; twice {
			t.Fatalf("topic %s has two readers", n.In)
		}
		place[n.In] = i
		if plan.Topics[i].Name != n.In {
			t.Fatalf("topic %d is %s, want %s", i, plan.Topics[i].Name, n.In)
		}
	}
	for i, n := range plan.Nodes {
		if _, ok := n.Out[""]; ok == n.Stage.Sink {
			t.Fatalf("stage %s: main output drawn %v, sink %v", n.Stage.Name, ok, n.Stage.Sink)
		}
		for port, topic := range n.Out {
			next, read := place[topic]
			if own := port != "" && topic == n.In; !read || next <= i && !own {
				t.Fatalf("output %q of stage %s does not lead ahead", port, n.Stage.Name)
			}
		}
		for _, need := range n.Stage.Needs {
			found := false
			for _, f := range n.Facts {
				found = found || f == need
			}
			if !found {
				t.Fatalf("stage %s misses %s", n.Stage.Name, need)
			}
		}
	}
	if last := plan.Nodes[len(plan.Nodes)-1]; !last.Stage.Sink || last.In != plan.Audit {
		t.Fatalf("the flow ends in %s", last.Stage.Name)
	}
}
