package engine

import (
	"context"
	"errors"
	"hash/fnv"
	"maps"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/longshore/longshore/internal/bus"
)

// broker is a broker in memory that behaves like Kafka as far as the engine
// can tell: partitions, groups with committed offsets, one message in flight
// a partition, a nacked message sent again. It needs no network, so that whole
// engines run on virtual time. Sessions are the processes that use it: a
// killed one publishes and commits nothing any more.
type broker struct {
	mu        sync.Mutex
	topics    map[string][][]stored
	committed map[groupAt]int64
	changed   chan struct{}
	// refuse makes a publish fail: before it is stored, or after.
	refuse func(topic string) (before, after error)
	// copies says how often the next message is stored; nil means once.
	copies func(topic string) int
}

type stored struct {
	uuid    string
	key     []byte
	headers message.Metadata
	payload []byte
	at      time.Time
}

type groupAt struct {
	group string
	partition
}

func newBroker() *broker {
	return &broker{topics: map[string][][]stored{}, committed: map[groupAt]int64{}, changed: make(chan struct{})}
}

// session is one process's connection; it is a bus.Bus.
type session struct {
	*broker
	dead chan struct{}
	once sync.Once
}

func (b *broker) connect() *session { return &session{broker: b, dead: make(chan struct{})} }

// kill cuts the process off in the middle of whatever it does.
func (s *session) kill() { s.once.Do(func() { close(s.dead) }) }

func (s *session) killed() bool {
	select {
	case <-s.dead:
		return true
	default:
		return false
	}
}

var errCutOff = errors.New("connection to the broker is cut off")

func (s *session) Publisher() message.Publisher { return s }

func (s *session) Publish(topic string, messages ...*message.Message) error {
	for _, m := range messages {
		if err := s.publish(topic, m); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) publish(topic string, m *message.Message) error {
	if s.killed() {
		return errCutOff
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	partitions, ok := s.topics[topic]
	if !ok {
		return errors.New("no topic " + topic)
	}
	var before, after error
	if s.refuse != nil {
		before, after = s.refuse(topic)
	}
	if before != nil {
		return before
	}
	key := m.Metadata.Get(bus.KeyHeader)
	headers := maps.Clone(m.Metadata)
	delete(headers, bus.KeyHeader)
	h := fnv.New32a()
	h.Write([]byte(key))
	i := int(h.Sum32() % uint32(len(partitions)))
	n := 1
	if s.copies != nil {
		n = s.copies(topic)
	}
	for range n {
		partitions[i] = append(partitions[i], stored{m.UUID, []byte(key), headers, m.Payload, time.Now()})
	}
	close(s.changed)
	s.changed = make(chan struct{})
	return after
}

func (s *session) CreateTopics(_ context.Context, topics []bus.Topic) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range topics {
		if _, ok := s.topics[t.Name]; !ok {
			s.topics[t.Name] = make([][]stored, t.Partitions)
		}
	}
	return nil
}

func (s *session) Lag(_ context.Context, group, topic string) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lag int64
	for i, p := range s.topics[topic] {
		lag += int64(len(p)) - s.committed[groupAt{group, partition{topic, int32(i)}}]
	}
	return lag, nil
}

// records are all messages of a topic.
func (b *broker) records(topic string) []stored {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []stored
	for _, p := range b.topics[topic] {
		all = append(all, p...)
	}
	return all
}

func (s *session) Subscriber(group string, o bus.SubscriberOptions) (message.Subscriber, error) {
	return &member{s: s, group: group, each: o.CommitEach, closing: make(chan struct{}), acked: map[partition]int64{}}, nil
}

func (s *session) Close() error { return nil }

type member struct {
	s       *session
	group   string
	each    bool
	closing chan struct{}
	once    sync.Once
	wg      sync.WaitGroup
	acked   map[partition]int64 // offsets to commit, guarded by the broker's lock
}

func (m *member) Close() error {
	m.once.Do(func() { close(m.closing) })
	m.wg.Wait()
	m.commit()
	return nil
}

func (m *member) commit() {
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	if m.s.killed() {
		return
	}
	for at, offset := range m.acked {
		m.s.committed[groupAt{m.group, at}] = offset
	}
}

// commitOften commits at an interval, so that a killed session leaves acknowledged
// messages uncommitted.
func (m *member) commitOften() {
	for {
		select {
		case <-time.After(500 * time.Millisecond):
			m.commit()
		case <-m.closing:
			return
		}
	}
}

func (m *member) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	m.s.mu.Lock()
	partitions := m.s.topics[topic]
	m.s.mu.Unlock()
	if partitions == nil {
		return nil, errors.New("no topic " + topic)
	}
	out := make(chan *message.Message)
	for i, p := range partitions {
		m.wg.Go(func() { m.consume(ctx, partition{topic, int32(i)}, int64(len(p)), out) })
	}
	m.wg.Go(m.commitOften)
	go func() { m.wg.Wait(); close(out) }()
	return out, nil
}

func (m *member) consume(ctx context.Context, at partition, backlog int64, out chan<- *message.Message) {
	s := m.s
	s.mu.Lock()
	offset := s.committed[groupAt{m.group, at}]
	s.mu.Unlock()
	for since := int64(0); ; since++ {
		rec, ok := m.fetch(ctx, at, offset)
		if !ok {
			return
		}
		pos := bus.Position{
			Topic: at.topic, Partition: at.index, Offset: offset, Key: rec.key, Time: rec.at,
			Backlog: offset < backlog, SinceAssigned: since,
		}
		if !m.offer(ctx, rec, pos, out) {
			return
		}
		offset++
		s.mu.Lock()
		m.acked[at] = offset
		s.mu.Unlock()
		if m.each {
			m.commit()
		}
	}
}

// fetch waits for the record at offset.
func (m *member) fetch(ctx context.Context, at partition, offset int64) (stored, bool) {
	for {
		m.s.mu.Lock()
		p, changed := m.s.topics[at.topic][at.index], m.s.changed
		m.s.mu.Unlock()
		if m.s.killed() {
			return stored{}, false
		}
		if offset < int64(len(p)) {
			return p[offset], true
		}
		select {
		case <-m.s.dead:
			return stored{}, false
		case <-changed:
		case <-m.closing:
			return stored{}, false
		case <-ctx.Done():
			return stored{}, false
		}
	}
}

// offer hands the record out until it is acknowledged, as watermill-kafka does.
func (m *member) offer(ctx context.Context, rec stored, pos bus.Position, out chan<- *message.Message) bool {
	for {
		msg := message.NewMessage(rec.uuid, rec.payload)
		msg.Metadata = maps.Clone(rec.headers)
		ctx, cancel := context.WithCancel(bus.WithPosition(ctx, pos))
		msg.SetContext(ctx)
		defer cancel()
		select {
		case out <- msg:
		case <-m.s.dead:
			return false
		case <-m.closing:
			return false
		}
		select {
		case <-msg.Acked():
			return true
		case <-msg.Nacked():
			select {
			case <-time.After(100 * time.Millisecond):
			case <-m.closing:
				return false
			}
		case <-m.closing:
			// Closing waits for offsets of what was acknowledged.
			select {
			case <-msg.Acked():
				return true
			default:
				return false
			}
		}
	}
}
