package bustest

import (
	"fmt"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/bus"
)

// testRebalance lets a second member join while the first one has a message of
// every partition in its hands. The partitions that move must wait for them:
// otherwise the second member starts the same work again, and the first one's
// acknowledgement is dropped (W4).
func testRebalance(t *testing.T, b bus.Bus) {
	const partitions, messages = 4, 40
	topic := newTopic(t, b, partitions)
	for i := range messages {
		publish(t, b, topic, fmt.Sprint(i), fmt.Sprint(i))
	}
	deliveries := make(chan string, 10*messages)
	work := func(handling time.Duration) {
		in, _ := subscribe(t, b, topic, topic, bus.SubscriberOptions{})
		for range partitions {
			go func() {
				for m := range in {
					deliveries <- string(m.Payload)
					time.Sleep(handling)
					m.Ack()
				}
			}()
		}
	}
	work(200 * time.Millisecond)
	seen := map[string]int{<-deliveries: 1}
	work(10 * time.Millisecond)
	deadline := time.After(2 * patience)
	for len(seen) < messages {
		select {
		case v := <-deliveries:
			seen[v]++
		case <-deadline:
			t.Fatalf("%d of %d messages came", len(seen), messages)
		}
	}
	eventually(t, lagIs(t, b, topic, topic, 0))
	for v, n := range seen {
		if n > 1 {
			t.Errorf("message %s was delivered %d times", v, n)
		}
	}
}
