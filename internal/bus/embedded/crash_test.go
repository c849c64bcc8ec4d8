package embedded_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
	"github.com/longshore/longshore/internal/bus/embedded"
)

const (
	crashTopic   = "longshore.crash.found"
	handledTopic = "longshore.crash.staged"
	crashGroup   = "longshore.crash.fetch"
)

// crashChild publishes records and handles them, and reports what it was told
// is done: "p 17" for a record that is durable, "c 17" for one whose offset is
// committed.
func crashChild() error {
	ctx := context.Background()
	b, err := embedded.Open(ctx, embedded.Options{
		Dir:          os.Getenv(childDir),
		Trim:         map[string][]string{crashTopic: {crashGroup}},
		TrimInterval: 20 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	if err := b.CreateTopics(ctx, []bus.Topic{{Name: crashTopic, Partitions: 2}, {Name: handledTopic, Partitions: 2}}); err != nil {
		return err
	}
	s, err := b.Subscriber(crashGroup, bus.SubscriberOptions{CommitEach: true})
	if err != nil {
		return err
	}
	in, err := s.Subscribe(ctx, crashTopic)
	if err != nil {
		return err
	}
	run := os.Getenv(childN)
	ahead := make(chan struct{}, 100)
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				ahead <- struct{}{}
				id := fmt.Sprintf("%s-%d-%d", run, w, i)
				// A few KiB, so that segments roll and are trimmed.
				m := message.NewMessage(id, []byte(id+strings.Repeat(" ", 8<<10)))
				m.Metadata.Set(bus.KeyHeader, id)
				if err := b.Publisher().Publish(crashTopic, m); err != nil {
					fmt.Println("publishing:", err)
					return
				}
				fmt.Println("p", id)
			}
		}()
	}
	// The message of a partition comes after the commit of the one before it.
	before := map[int32]string{}
	for m := range in {
		select {
		case <-ahead:
		default: // one that the last process published
		}
		p, _ := bus.PositionOf(m.Context())
		if id := before[p.Partition]; id != "" {
			fmt.Println("c", id)
		}
		before[p.Partition] = m.UUID
		out := message.NewMessage(m.UUID, []byte(m.UUID))
		out.Metadata.Set(bus.KeyHeader, string(p.Key))
		if err := b.Publisher().Publish(handledTopic, out); err != nil {
			return err
		}
		m.Ack()
	}
	return nil
}

func TestKillLosesNothing(t *testing.T) {
	dir := t.TempDir()
	rounds := 6
	if testing.Short() {
		rounds = 3
	}
	published, committed := map[string]bool{}, map[string]bool{}
	for round := range rounds {
		c := startChild(t, "work", dir, round)
		for done := 0; done < 150*(round+1); {
			what, id, _ := strings.Cut(c.line(t), " ")
			switch what {
			case "p":
				published[id] = true
			case "c":
				committed[id] = true
				done++
			default:
				t.Fatal(what, id)
			}
		}
		c.kill()
		if round%2 == 1 {
			tear(t, dir)
		}
	}
	b, err := embedded.Open(t.Context(), embedded.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()

	left := read(t, b, crashGroup, crashTopic)
	handled := read(t, b, "reader", handledTopic)
	for id := range committed {
		if left[id] > 0 {
			t.Errorf("record %s was committed and comes again", id)
		}
	}
	var lost int
	for id := range published {
		if left[id] == 0 && handled[id] == 0 {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d acknowledged records are lost", lost, len(published))
	}
	twice := 0
	for _, n := range handled {
		twice += n - 1
	}
	// Each kill leaves at most the message in flight of each partition.
	if twice > 2*rounds {
		t.Errorf("%d records were handled twice", twice)
	}
	// What is left, plus a segment or two of each partition.
	if size, limit := diskOf(t, dir, crashTopic), int64(len(left))*9<<10+3<<20; size > limit {
		t.Errorf("the topic takes %d KiB, although %d KiB would do", size>>10, limit>>10)
	}
	t.Logf("%d published, %d committed, %d left, %d handled twice", len(published), len(committed), len(left), twice)
}

// tear leaves half a record at the end of a log, as a power cut may.
func tear(t *testing.T, dir string) {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(dir, "partitions", handledTopic+"-0", "*.dat"))
	if err != nil || len(logs) == 0 {
		t.Fatal("no log to tear:", err)
	}
	f, err := os.OpenFile(logs[len(logs)-1], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
}

// read counts the records of topic that group has not committed.
func read(t *testing.T, b bus.Bus, group, topic string) map[string]int {
	t.Helper()
	lag, err := b.Lag(t.Context(), group, topic)
	if err != nil {
		t.Fatal(err)
	}
	s, err := b.Subscriber(group, bus.SubscriberOptions{})
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.Subscribe(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for range lag {
		select {
		case m := <-in:
			seen[m.UUID]++
			m.Ack()
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: %d of %d records came", topic, len(seen), lag)
		}
	}
	return seen
}

func diskOf(t *testing.T, dir, topic string) (size int64) {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(dir, "partitions", topic+"-*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range logs {
		if info, err := os.Stat(f); err == nil {
			size += info.Size()
		}
	}
	return size
}

func TestDirIsUsedByOneProcess(t *testing.T) {
	dir := t.TempDir()
	b, err := embedded.Open(t.Context(), embedded.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := embedded.Open(t.Context(), embedded.Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("opening it twice: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b, err = embedded.Open(t.Context(), embedded.Options{Dir: dir})
	if err != nil {
		t.Fatalf("opening it after it was closed: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}
