package embedded_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
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

// memoryChild runs the broker in a process of its own, so that its memory can
// be read, and waits to be killed.
func memoryChild(dir, what string, n int) error {
	ctx := context.Background()
	began := time.Now()
	c := &chain{objects: n}
	trim := map[string][]string{}
	for i := range chainStages {
		trim[hop(i)] = []string{hop(i)}
	}
	b, err := embedded.Open(ctx, embedded.Options{Dir: dir, Trim: trim, TrimInterval: time.Second, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		return err
	}
	c.bus = b
	opened := time.Since(began)
	if what == "fill" {
		if err := c.run(ctx); err != nil {
			return err
		}
	}
	now, peak := rss()
	fmt.Printf("%s: opened in %s, done in %s, RSS %d MiB, peak %d MiB\n", what, opened.Round(time.Millisecond), time.Since(began).Round(time.Millisecond), now, peak)
	select {}
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

func TestMain(m *testing.M) {
	if dir := os.Getenv("LONGSHORE_MEMORY_DIR"); dir != "" {
		n, _ := strconv.Atoi(os.Getenv("LONGSHORE_MEMORY_OBJECTS"))
		fmt.Println("child:", memoryChild(dir, os.Getenv("LONGSHORE_MEMORY_DO"), n))
		os.Exit(1)
	}
	m.Run()
}

func TestMemoryStaysSmall(t *testing.T) {
	dir := t.TempDir()
	for _, what := range []string{"fill", "restart"} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "LONGSHORE_MEMORY_DIR="+dir, "LONGSHORE_MEMORY_DO="+what, fmt.Sprintf("LONGSHORE_MEMORY_OBJECTS=%d", *objects))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line, _ := bufio.NewReader(out).ReadString('\n')
		t.Log(strings.TrimSpace(line))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}
