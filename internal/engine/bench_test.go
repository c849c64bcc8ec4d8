package engine

import (
	"testing"
	"time"

	"github.com/longshore/longshore/internal/bus/embedded"
	"github.com/longshore/longshore/topology"
)

// BenchmarkFlow measures the engine and the embedded bus together: each object
// takes three deliveries, each of which is a publish to the next topic and a
// transition, and four deliveries of the audit stage.
func BenchmarkFlow(b *testing.B) {
	bus, err := embedded.Open(b.Context(), embedded.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer bus.Close()
	w := newWorld()
	w.page = 1000
	w.pages = max(1, b.N/w.page)
	o := options(b, w, bus)
	o.Strategy = topology.Medium
	r := start(b, o)
	b.ResetTimer()
	r.list(b)
	for len(w.calls("check")) < w.pages*w.page {
		time.Sleep(20 * time.Millisecond)
	}
	b.StopTimer()
	b.ReportMetric(float64(w.pages*w.page)/b.Elapsed().Seconds(), "objects/s")
	if err := r.end(); err != nil {
		b.Error(err)
	}
}
