package stagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

// effectMutants leave a world that depends on how often, when and by whom they
// were called.
func effectMutants() []mutant {
	again, twice := []string{"same effect when redelivered"}, []string{"same effect when delivered twice at once"}
	return []mutant{
		{name: "names a package after the time", breaks: again, spec: publishing(func(m mill, in stage.Envelope) string {
			return m.Now().String()
		})},
		{name: "names a package after the doubt", breaks: again, spec: publishing(func(_ mill, in stage.Envelope) string {
			return strconv.FormatBool(in.Doubt)
		})},
		{name: "keeps a copy for each attempt", breaks: again, spec: before(func(m mill, ctx context.Context, in stage.Envelope) error {
			return m.copy(ctx, in, stage.NewClaimName(*in.Artifact.Object)+stage.ClaimName(fmt.Sprint("-attempt-", in.Attempt)))
		})},
		{name: "appends where it should put", breaks: append(again, twice...), spec: appending()},
		{name: "marks the work as done before it is", breaks: again, spec: markingEarly()},
		{name: "finds, then publishes, at a careless target", breaks: twice, spec: findingFirst(), opts: []Option{carelessTarget()}},
		{name: "holds a mutex while it calls a port", breaks: twice, spec: locking(), opts: []Option{soonStuck}},
	}
}

// publishing publishes one more package under a version that name gives.
func publishing(name func(mill, stage.Envelope) string) stage.Spec {
	return before(func(m mill, ctx context.Context, in stage.Envelope) error {
		c := m.coordinates(in)
		c.Version = name(m, in)
		_, err := m.publish(ctx, in, c)
		return err
	})
}

// appending keeps its copies in a row: what is there already stays.
func appending() stage.Spec {
	return before(func(m mill, ctx context.Context, in stage.Envelope) error {
		for n := 0; ; n++ {
			c := *in.Artifact.Claim
			c.Name = stage.NewClaimName(*in.Artifact.Object) + stage.ClaimName(fmt.Sprint("-log-", n))
			r, err := m.Staging.Open(ctx, c)
			if errors.Is(err, stage.ErrClaimGone) {
				return m.copy(ctx, in, c.Name)
			}
			if err != nil {
				return err
			}
			r.Close() // it was not even read
		}
	})
}

// markingEarly leaves a mark and then does what the mark says is done.
func markingEarly() stage.Spec {
	return mutate(func(m mill) stage.HandlerFunc {
		return func(ctx context.Context, in stage.Envelope) ([]stage.Envelope, error) {
			if err := m.understand(in); err != nil {
				return nil, err
			}
			mark := stage.Claim{Name: stage.NewClaimName(*in.Artifact.Object) + "-done", Size: 4}
			switch r, err := m.Staging.Open(ctx, mark); {
			case err == nil:
				r.Close() // it was not even read
				return m.answer(ctx, in, stage.Package{})
			case !errors.Is(err, stage.ErrClaimGone):
				return nil, err
			}
			if _, err := m.Staging.Put(ctx, mark.Name, mark.Size, bytes.NewReader([]byte("done"))); err != nil {
				return nil, err
			}
			return m.handle(ctx, in)
		}
	})
}

// findingFirst looks for the package and publishes it if it is not there. That
// is harmless where Publish is idempotent, and a second package where it is
// not and another delivery looks at the same time.
func findingFirst() stage.Spec {
	return mutate(func(m mill) stage.HandlerFunc {
		return func(ctx context.Context, in stage.Envelope) ([]stage.Envelope, error) {
			if err := m.understand(in); err != nil {
				return nil, err
			}
			p, err := m.Target.Find(ctx, m.coordinates(in))
			if errors.Is(err, stage.ErrNotFound) {
				p, err = m.publish(ctx, in, m.coordinates(in))
			}
			if err != nil {
				return nil, err
			}
			return m.answer(ctx, in, p)
		}
	})
}

// carelessTarget takes whatever is published for a new package.
func carelessTarget() Option {
	return Given(func(w *World) stage.Envelope {
		w.far = careless{w.Target}
		return w.Envelope(millSpec().Needs...)
	})
}

type careless struct{ *Target }

func (t careless) Publish(ctx context.Context, pub stage.Publication) (stage.Package, error) {
	if err := receive(ctx, pub); err != nil {
		return stage.Package{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.create(pub.Coordinates, pub.Size, pub.Digests.SHA256).visible(), nil
}

// locking handles one envelope at a time. Who waits for a mutex cannot be told
// to stop.
func locking() stage.Spec {
	return mutate(func(m mill) stage.HandlerFunc {
		var mu sync.Mutex
		return func(ctx context.Context, in stage.Envelope) ([]stage.Envelope, error) {
			mu.Lock()
			defer mu.Unlock()
			return m.handle(ctx, in)
		}
	})
}

// soonStuck is a time in which the mill is done many times over.
func soonStuck(c *config) { c.stuckAfter = 3 * time.Second }
