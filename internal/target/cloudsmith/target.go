package cloudsmith

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/longshore/longshore/internal/httpx"
	"github.com/longshore/longshore/stages/stage"
)

// Target is a repository at Cloudsmith. It is safe for concurrent use.
type Target struct {
	client
	opts Options
	log  *slog.Logger
	// catalog, board and snapshot are what is known of the repository.
	catalog  *catalog
	board    *board
	snapshot snapshot
	// locks let one call at a time work on the same coordinates; unclear are
	// coordinates whose create had no clear outcome; removed are packages that
	// we deleted, which listings may show for a while.
	locks     *keyLocks
	unclear   *recent[coordKey, struct{}]
	removed   *recent[string, struct{}]
	upload404 upload404

	// What runs in the background ends when quit is closed.
	mu     sync.Mutex
	closed bool
	quit   chan struct{}
	work   sync.WaitGroup
}

var _ stage.Target = (*Target)(nil)

// Open makes a Target. It sends nothing; see Check. Errors are about the
// options, all at once, and name the settings.
func Open(o Options) (*Target, error) {
	o, api, upload, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("settings of the Cloudsmith target: %w", err)
	}
	counters, err := newCounters(o.Registerer)
	if err != nil {
		return nil, err
	}
	hc := &http.Client{Transport: httpx.NewTransport(o.Workers)}
	if o.HTTPClient != nil {
		own := *o.HTTPClient
		own.Timeout = 0
		hc = &own
	}
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if o.Governor == nil {
		o.Governor = NewPace(o.MaxRetryAfter, o.Now)
	}
	t := &Target{
		client: client{
			http: hc, api: api, upload: upload, owner: o.Owner, repo: o.Repo, key: o.APIKey,
			userAgent: o.UserAgent, timeout: o.Timeout, idle: o.IdleTimeout,
			governor: o.Governor, counters: counters, now: o.Now,
		},
		opts:    o,
		log:     o.Log,
		catalog: newCatalog(o.CatalogLimit),
		locks:   newKeyLocks(),
		unclear: newRecent[coordKey, struct{}](4096),
		removed: newRecent[string, struct{}](4096),
		board:   newBoard(o.PollMin, o.PollMax),
		quit:    make(chan struct{}),
	}
	return t, nil
}

// Close ends the background work of the status board and closes idle
// connections. Calls that still run are not ended.
func (t *Target) Close() error {
	t.mu.Lock()
	if !t.closed {
		t.closed = true
		close(t.quit)
	}
	t.mu.Unlock()
	t.work.Wait()
	t.http.CloseIdleConnections()
	return nil
}

// background runs f until the Target is closed.
func (t *Target) background(f func(ctx context.Context)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.work.Go(func() {
		defer cancel()
		f(ctx)
	})
	t.work.Go(func() {
		select {
		case <-t.quit:
			cancel()
		case <-ctx.Done():
		}
	})
}

// ours says whether something that was uploaded at that time can be the work
// of this migration.
func (t *Target) ours(at time.Time) bool { return !at.Before(t.opts.Since) }
