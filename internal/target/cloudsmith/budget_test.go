package cloudsmith_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/longshore/longshore/internal/target/cloudsmith"
	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
	"github.com/longshore/longshore/stages/stage"
)

// bubble makes an emulator and a target that lives in a bubble of synctest,
// with the product's own intervals.
func bubble(t *testing.T, o emulator.Options, change ...func(*cloudsmith.Options)) (*emulator.Server, *inProcess, *cloudsmith.Target) {
	t.Helper()
	e, err := emulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	tr := &inProcess{handler: e}
	opts := cloudsmith.Options{
		APIHost: "http://127.0.0.1:1", UploadHost: "http://127.0.0.1:1/upload", APIKey: e.APIKey(),
		Owner: e.Owner(), Repo: e.Repos()[0], HTTPClient: &http.Client{Transport: tr},
	}
	for _, f := range change {
		f(&opts)
	}
	target, err := cloudsmith.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = target.Close() })
	return e, tr, target
}

// flow publishes n packages at a pace by some workers, and asks for the status
// of each as the verify stage does: again after a while, until it is final.
func flow(t *testing.T, target *cloudsmith.Target, n, workers int, each, again time.Duration) {
	t.Helper()
	var wg sync.WaitGroup
	numbers := make(chan int)
	for range workers {
		wg.Go(func() {
			for i := range numbers {
				time.Sleep(each)
				var p stage.Package
				for {
					var err error
					p, err = target.Publish(t.Context(), publication(generic(fmt.Sprintf("flow/%06d.bin", i)), fmt.Append(nil, i)))
					if err == nil {
						break
					}
					if stage.ClassOf(err) != stage.Throttled {
						t.Errorf("publishing: %v", err)
						return
					}
					time.Sleep(stage.WaitOf(err))
				}
				wg.Go(func() {
					for {
						s, err := target.Status(t.Context(), p)
						if err != nil && !errors.Is(err, stage.ErrNotFound) && stage.ClassOf(err) == stage.Throttled {
							time.Sleep(stage.WaitOf(err))
							continue
						}
						if err != nil {
							t.Errorf("status: %v", err)
							return
						}
						if s.State != stage.SyncPending {
							if s.State != stage.SyncDone {
								t.Errorf("ended %+v", s)
							}
							return
						}
						time.Sleep(again)
					}
				})
			}
		})
	}
	for i := range n {
		numbers <- i
	}
	close(numbers)
	wg.Wait()
}

func TestRequestBudget(t *testing.T) {
	for _, c := range []struct {
		name          string
		n, workers    int
		each, again   time.Duration
		sync          time.Duration
		limit         int
		window        time.Duration
		lists, others float64 // requests per package
		slow          bool
	}{
		{name: "a thousand packages at full speed", n: 1000, workers: 12, each: 150 * time.Millisecond, again: 3 * time.Second, sync: 2 * time.Second, lists: 0.03, others: 2.0},
		{name: "a thousand packages within a rate limit", n: 1000, workers: 12, each: 10 * time.Millisecond, again: 15 * time.Second, sync: 2 * time.Second, limit: 500, window: 10 * time.Minute, lists: 0.08, others: 2.0},
		{name: "a thousand packages a second apart with a minute of processing", n: 1000, workers: 1, each: time.Second, again: 15 * time.Second, sync: time.Minute, lists: 0.06, others: 2.0, slow: true},
		{name: "five thousand packages", n: 5_000, workers: 48, each: time.Second, again: 15 * time.Second, sync: 2 * time.Second, lists: 0.05, others: 2.0, slow: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.slow && testing.Short() {
				t.Skip("takes a while")
			}
			synctest.Test(t, func(t *testing.T) {
				e, _, target := bubble(t, emulator.Options{SyncDelay: c.sync, APILimit: c.limit, LimitWindow: c.window})
				start := time.Now()
				flow(t, target, c.n, c.workers, c.each, c.again)
				s, n := target.Stats(), float64(c.n)
				t.Logf("%v of virtual time, %.3f requests a package: %v", time.Since(start).Round(time.Second), float64(s.Total)/n, s.Requests)
				if got := float64(s.Requests[cloudsmith.KindList]+s.Requests[cloudsmith.KindStatus]) / n; got > c.lists {
					t.Errorf("%.3f requests a package went into their status, want at most %.3f", got, c.lists)
				}
				if got := float64(s.Requests[cloudsmith.KindUpload]+s.Requests[cloudsmith.KindCreate]+s.Requests[cloudsmith.KindFind]) / n; got > c.others {
					t.Errorf("%.3f requests a package went into publishing, want at most %.3f", got, c.others)
				}
				if es := e.Stats(); es.APIRequests != s.Total {
					t.Errorf("the target counts %d requests, the emulator %d", s.Total, es.APIRequests)
				} else if es.Throttled > int64(max(1, c.n/1000)) {
					t.Errorf("%d requests were over the limit", es.Throttled)
				}
				if err := target.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestALongWaitCostsFewLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, target := bubble(t, emulator.Options{SyncDelay: 5 * time.Minute})
		flow(t, target, 1, 1, 0, time.Second)
		if n := target.Stats().Requests[cloudsmith.KindList]; n > 18 {
			t.Errorf("%d looks at a package that takes five minutes", n)
		}
	})
}
