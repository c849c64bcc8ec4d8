package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/topology"
)

func TestNewReportsEverythingThatIsWrong(t *testing.T) {
	_, err := New(t.Context(), Options{})
	for _, field := range []string{"Plan", "Names.Prefix", "Names.Run", "Bus", "Env"} {
		if err == nil || !strings.Contains(err.Error(), field+" is missing") {
			t.Errorf("%v does not mention %s", err, field)
		}
	}
	o := options(t, newWorld(), newBroker().connect())
	o.Stages = []string{"fetch", "polish"}
	o.Strategy = "huge"
	o.DrainTimeout = -1
	o.Policy = Policy{Tries: -1, Throttle: -1, Window: 5, WindowFailures: 6}
	_, err = New(t.Context(), o)
	for _, what := range []string{`no stage "polish"`, `unknown Strategy "huge"`, "DrainTimeout", "Tries", "Throttle", "WindowFailures"} {
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v does not mention %s", err, what)
		}
	}
}

func TestNewClosesHandlersWhenAnotherCannotBeMade(t *testing.T) {
	w := newWorld()
	specs := w.specs()
	broken := errors.New("no such far side")
	specs[2].New = func(stage.Env) (stage.Handler, error) { return nil, broken }
	g, err := topology.Parse("toy.yaml", []byte(toyFlow))
	if err != nil {
		t.Fatal(err)
	}
	o := options(t, w, newBroker().connect())
	if o.Plan, err = topology.Compile(g, specs); err != nil {
		t.Fatal(err)
	}
	if _, err = New(t.Context(), o); !errors.Is(err, broken) || !strings.Contains(err.Error(), "stage send") {
		t.Errorf("answered %v", err)
	}
	if !w.closed["list"] || !w.closed["audit"] {
		t.Errorf("closed %v", w.closed)
	}
}

// topicKeeper is a bus that remembers what it was asked to create.
type topicKeeper struct {
	*session
	topics []bus.Topic
}

func (k *topicKeeper) CreateTopics(ctx context.Context, t []bus.Topic) error {
	k.topics = append(k.topics, t...)
	return k.session.CreateTopics(ctx, t)
}

func TestNewCreatesEveryTopicOfThePlan(t *testing.T) {
	k := &topicKeeper{session: newBroker().connect()}
	o := options(t, newWorld(), k)
	o.Strategy = topology.Medium
	o.Stages = []string{"fetch"}
	if _, err := New(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	got := map[string]int32{}
	for _, topic := range k.topics {
		got[topic.Name] = topic.Partitions
		if topic.Config["retention.ms"] != "-1" {
			t.Errorf("%s keeps its data for %q ms", topic.Name, topic.Config["retention.ms"])
		}
	}
	for name, want := range map[string]int32{
		"longshore.toy.shards": 12, "longshore.toy.found": 12, "longshore.toy.audit": 12,
		"longshore.toy.fetch.later-15s": 4, "longshore.toy.audit.later-5m": 4, "longshore.toy.failed": 1,
	} {
		if got[name] != want {
			t.Errorf("%s has %d partitions, want %d", name, got[name], want)
		}
	}
	if len(got) != 5+2*5+1 {
		t.Errorf("%d topics: %v", len(got), got)
	}
}

func TestStagesOfOneFlowMayRunInSeveralProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		b := newBroker()
		var rigs []*rig
		for _, some := range [][]string{{"list", "check"}, {"fetch"}, {"send", "audit"}} {
			o := options(t, w, b.connect())
			o.Stages = some
			rigs = append(rigs, start(t, o))
		}
		rigs[0].list(t)
		settle(t, w, b.connect())
		for _, r := range rigs {
			if err := r.end(); err != nil {
				t.Error(err)
			}
		}
		balanced(t, w, stage.Verified)
		if names := statusNames(rigs[0].Status()); !slices.Equal(names, []string{"list", "check"}) {
			t.Errorf("status names %v", names)
		}
	})
}

func statusNames(all []StageStatus) []string {
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
	}
	return names
}

func TestStatusCountsWhatBecameOfMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		n := 0
		w.does("send", func(_ context.Context, in stage.Envelope) error {
			if in.Artifact.Object.Key != toyObject(3).Key {
				return nil
			}
			n++
			switch n {
			case 1:
				return stage.Later(time.Second)
			case 2:
				return stage.Restart(errFar)
			case 3, 4, 5:
				return errFar
			}
			return stage.NotRetryable(errFar)
		})
		reg := prometheus.NewRegistry()
		s := newBroker().connect()
		o := options(t, w, s)
		o.Registerer = reg
		r := start(t, o)
		if err := r.Ready(); err != nil {
			t.Errorf("not ready: %v", err)
		}
		r.list(t)
		settle(t, w, s)
		if lag, err := r.Lag(t.Context()); lag != 0 || err != nil {
			t.Errorf("lag %d, %v", lag, err)
		}
		got := r.Status()[2]
		want := StageStatus{Name: "send", Done: 9, Delayed: 1, Restarted: 1, Retried: 1, Failed: 1}
		if got != want {
			t.Errorf("status %+v, want %+v", got, want)
		}
		if err := r.end(); err != nil {
			t.Error(err)
		}
		if err := r.Ready(); err == nil {
			t.Error("ready after the end")
		}
		if err := r.Start(t.Context(), stage.Shard{}); err == nil {
			t.Error("started a listing after the end")
		}
		if err := r.Run(t.Context()); err == nil {
			t.Error("ran twice")
		}
		for _, m := range []struct {
			name, label string
			want        float64
		}{
			{"longshore_deliveries_total", "dead-lettered", 1},
			{"longshore_deliveries_total", "retried", 1},
			{"longshore_objects_total", "failed", 1},
			{"longshore_objects_total", "verified", 9},
			{"longshore_stage_errors_total", "permanent", 1},
		} {
			if got := metric(t, reg, m.name, m.label); got != m.want {
				t.Errorf("%s of %s is %v, want %v", m.name, m.label, got, m.want)
			}
		}
	})
}

// metric sums the counters of a name that have a label of this value.
func metric(t *testing.T, reg *prometheus.Registry, name, value string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetValue() == value {
					sum += m.GetCounter().GetValue()
				}
			}
		}
	}
	return sum
}
