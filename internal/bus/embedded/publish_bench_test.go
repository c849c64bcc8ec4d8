package embedded_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/internal/bus/embedded"
)

func BenchmarkPublish(b *testing.B) {
	x, err := embedded.Open(b.Context(), embedded.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close()
	if err := x.CreateTopics(b.Context(), []bus.Topic{{Name: "a.b.found", Partitions: 12}}); err != nil {
		b.Fatal(err)
	}
	value := make([]byte, 700)
	for _, n := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("%d", n), func(b *testing.B) {
			var wg sync.WaitGroup
			per := b.N/n + 1
			t := time.Now()
			for g := range n {
				wg.Go(func() {
					for i := range per {
						m := message.NewMessage("", value)
						m.Metadata.Set(bus.KeyHeader, fmt.Sprint(g, i))
						if err := x.Publisher().Publish("a.b.found", m); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(per*n)/time.Since(t).Seconds(), "rec/s")
		})
	}
}
