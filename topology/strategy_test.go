package topology_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/longshore/longshore/topology"
)

func TestSizes(t *testing.T) {
	want := map[topology.Strategy]map[string]int{
		topology.Small:  {"shards": 4, "found": 4, "hashed": 24, "quarantine": 1, "audit": 4},
		topology.Medium: {"shards": 12, "found": 12, "hashed": 24, "quarantine": 1, "audit": 12},
		topology.Large:  {"shards": 48, "found": 48, "hashed": 24, "quarantine": 1, "audit": 12},
	}
	plan := compileFile(t, "testdata/good/scan.yaml")
	for _, s := range topology.Strategies() {
		t.Run(fmt.Sprintf("strategy %s gives way to the drawing, and keeps the audit topic narrow", s), func(t *testing.T) {
			got := map[string]int{}
			for _, size := range plan.Sizes(s) {
				if size.Why == "" {
					t.Errorf("topic %s: no reason given", size.Topic)
				}
				if _, asked := want[s][size.Topic]; asked {
					got[size.Topic] = size.Partitions
				}
			}
			if diff := cmp.Diff(want[s], got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEveryTopicIsSized(t *testing.T) {
	plan := compileFile(t, "testdata/good/scan.yaml")
	sizes := plan.Sizes(topology.Large)
	if len(sizes) != len(plan.Topics) {
		t.Fatalf("%d sizes for %d topics", len(sizes), len(plan.Topics))
	}
	for i, s := range sizes {
		if s.Topic != plan.Topics[i].Name {
			t.Errorf("size %d is of %s, want %s", i, s.Topic, plan.Topics[i].Name)
		}
	}
}
