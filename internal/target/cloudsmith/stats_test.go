package cloudsmith_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/longshore/longshore/internal/target/cloudsmith"
	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

func TestMetricsAgreeWithTheService(t *testing.T) {
	e := startEmulator(t, emulator.Options{APILimit: 1000})
	reg := prometheus.NewRegistry()
	metered := func(o *cloudsmith.Options) { o.Registerer = reg }
	target := openTarget(t, e, metered)
	openTarget(t, e, metered) // a second target of the process shares them
	fault(t, e, createFault(emulator.Fault{Status: 429, RetryAfter: "0", Times: 1}))
	if _, err := target.Publish(t.Context(), publication(generic("a"), []byte("x"))); err != nil {
		t.Fatal(err)
	}

	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	codes, budget := map[string]float64{}, -1.0
	for _, f := range families {
		for _, m := range f.GetMetric() {
			switch f.GetName() {
			case "longshore_api_requests_total":
				codes[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
			case "longshore_api_budget_remaining":
				budget = m.GetGauge().GetValue()
			}
		}
	}
	// The upload host answers 200 or 201, which is its own matter.
	if codes["429"] != 1 || codes["201"]+codes["200"] != 2 || len(codes) > 3 {
		t.Errorf("codes %v, want one 429 and two successes", codes)
	}
	if budget != 998 && budget != 999 {
		t.Errorf("budget %v, want what a thousand less the creates leaves", budget)
	}
	s := target.Stats()
	if s.Total != 3 || s.Throttled != 1 || s.Bytes != 1 || s.Requests[cloudsmith.KindCreate] != 2 {
		t.Errorf("stats %+v", s)
	}
}
