package embedded_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/internal/bus/embedded"
)

var objects = flag.Int("objects", 4_000, "objects that pass the chain of the memory test; 100,000 is the promise of the README")

const (
	chainStages     = 5
	chainPartitions = 4
)

// chain is the traffic of a migration: every object passes five topics, and
// every step writes a transition to the audit topic.
type chain struct {
	bus     *embedded.Bus
	objects int
	audited atomic.Int64
}

func hop(i int) string { return fmt.Sprintf("longshore.memory.hop%d", i) }

const audit = "longshore.memory.audit"

func (c *chain) topics() []bus.Topic {
	topics := []bus.Topic{{Name: audit, Partitions: chainPartitions}}
	for i := range chainStages {
		topics = append(topics, bus.Topic{Name: hop(i), Partitions: chainPartitions})
	}
	return topics
}

func (c *chain) run(ctx context.Context) error {
	if err := c.bus.CreateTopics(ctx, c.topics()); err != nil {
		return err
	}
	ctx, done := context.WithCancel(ctx)
	defer done()
	g, ctx := errgroup.WithContext(ctx)
	for i := range chainStages {
		g.Go(func() error { return c.read(ctx, hop(i), func(m *message.Message) error { return c.step(i, m) }) })
	}
	g.Go(func() error {
		return c.read(ctx, audit, func(*message.Message) error {
			if c.audited.Add(1) == int64(c.objects*chainStages) {
				done()
			}
			return nil
		})
	})
	g.Go(func() error { return c.seed(ctx) })
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// seed publishes pages of 1,000 objects, as enumerate does.
func (c *chain) seed(ctx context.Context) error {
	for from := 0; from < c.objects && ctx.Err() == nil; from += 1000 {
		var page []*message.Message
		for i := from; i < min(from+1000, c.objects); i++ {
			page = append(page, record(strconv.Itoa(i), 700))
		}
		if err := c.bus.Publisher().Publish(hop(0), page...); err != nil {
			return err
		}
	}
	return nil
}

func (c *chain) step(i int, in *message.Message) error {
	p, _ := bus.PositionOf(in.Context())
	key := string(p.Key)
	if i+1 < chainStages {
		if err := c.bus.Publisher().Publish(hop(i+1), record(key, 700)); err != nil {
			return err
		}
	}
	return c.bus.Publisher().Publish(audit, record(key, 1000))
}

func (c *chain) read(ctx context.Context, topic string, handle func(*message.Message) error) error {
	s, err := c.bus.Subscriber(topic, bus.SubscriberOptions{})
	if err != nil {
		return err
	}
	defer s.Close()
	in, err := s.Subscribe(ctx, topic)
	if err != nil {
		return err
	}
	g := errgroup.Group{}
	g.SetLimit(chainPartitions)
	for m := range in {
		g.Go(func() error {
			if err := handle(m); err != nil {
				return err
			}
			m.Ack()
			return nil
		})
	}
	return g.Wait()
}

func record(key string, size int) *message.Message {
	m := message.NewMessage(key, []byte(strings.Repeat(key+" ", size/(len(key)+1))))
	m.Metadata.Set(bus.KeyHeader, key)
	return m
}

// memoryChild reports the memory of a process with the broker in it, after it
// has sent the chain's traffic through, or only started.
func memoryChild(fill bool) error {
	ctx := context.Background()
	began := time.Now()
	o := embedded.Options{Dir: os.Getenv(childDir), Trim: map[string][]string{}, TrimInterval: time.Second}
	for i := range chainStages {
		o.Trim[hop(i)] = []string{hop(i)}
	}
	b, err := embedded.Open(ctx, o)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(os.Getenv(childN))
	if err != nil {
		return err
	}
	c := &chain{objects: n, bus: b}
	if fill {
		if err := c.run(ctx); err != nil {
			return err
		}
	}
	now, peak := rss()
	fmt.Printf("%d MiB now, %d MiB at most, %d ms\n", now, peak, time.Since(began).Milliseconds())
	return nil
}

// rss reads the resident memory of this process in MiB, now and at its peak.
func rss() (now, peak int) {
	b, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(b)) {
		var kb int
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kb); err == nil {
			now = kb >> 10
		}
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kb); err == nil {
			peak = kb >> 10
		}
	}
	return now, peak
}

// A process with the broker and its clients must stay far below the 256 MiB
// that a run may take. For the numbers of docs/adr/0003-embedded-broker.md:
//
//	go test -run TestMemoryStaysSmall -v -objects 100000
func TestMemoryStaysSmall(t *testing.T) {
	if _, peak := rss(); peak == 0 {
		t.Skip("this system does not say how much memory a process takes")
	}
	if raceDetector {
		t.Skip("the race detector takes several times the memory")
	}
	dir := t.TempDir()
	for _, do := range []string{"fill", "idle"} {
		c := startChild(t, do, dir, *objects)
		line := c.line(t)
		c.kill()
		var now, peak, ms int
		if _, err := fmt.Sscanf(line, "%d MiB now, %d MiB at most, %d ms", &now, &peak, &ms); err != nil {
			t.Fatal(line)
		}
		t.Logf("%s, %d objects, %d records: %s", do, *objects, 2*chainStages**objects, line)
		if limit := 60 + *objects/1000; peak > limit {
			t.Errorf("%s: %d MiB, more than %d", do, peak, limit)
		}
	}
}
