package engine

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/internal/wire"
)

// slowBroker takes a while for each publish and counts those under way.
type slowBroker struct {
	mu        sync.Mutex
	now, most int
	order     map[string][]string
}

func (s *slowBroker) Publish(_ string, m ...*message.Message) error {
	s.mu.Lock()
	s.now++
	s.most = max(s.most, s.now)
	key := m[0].Metadata.Get(bus.KeyHeader)
	s.order[key] = append(s.order[key], string(m[0].Payload))
	s.mu.Unlock()
	time.Sleep(5 * time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now--
	return nil
}

func (s *slowBroker) Close() error { return nil }

func TestAPageIsPublishedTogetherAndEachKeyInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slowBroker{order: map[string][]string{}}
		p := publisher{to: s, policy: DefaultPolicy(), failed: prometheus.NewCounter(prometheus.CounterOpts{Name: "x"})}
		var records []record
		for i := range 1000 {
			records = append(records, record{topic: "t", raw: &raw{key: fmt.Appendf(nil, "k%d", i%500), payload: fmt.Appendf(nil, "%04d", i)}})
		}
		began := time.Now()
		if err := p.publish(t.Context(), wire.Origin{}, records); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 50*time.Millisecond {
			t.Errorf("1000 records took %s at 5 ms each", took)
		}
		if s.most != publishers {
			t.Errorf("%d publishes were under way at once, want %d", s.most, publishers)
		}
		for key, payloads := range s.order {
			if len(payloads) != 2 || !slices.IsSorted(payloads) {
				t.Errorf("%s went out as %v", key, payloads)
			}
		}
	})
}
