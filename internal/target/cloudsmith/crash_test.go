package cloudsmith_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/longshore/longshore/internal/target/cloudsmith"
	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
	"github.com/longshore/longshore/stages/stage"
)

// TestEveryCrashPointLeavesOnePackage kills a process before and after each of
// its requests takes effect, and lets another one take over in doubt, as the
// engine does. Finally there is one good package and no leftover.
func TestEveryCrashPointLeavesOnePackage(t *testing.T) {
	both := map[string]emulator.DuplicateMode{"generic": emulator.RefuseAtCreate, "raw": emulator.FailSync}
	for name, o := range map[string]emulator.Options{
		"processed at once":             {},
		"processed slowly":              {SyncDelay: 5 * time.Second},
		"with a lagging index":          {SyncDelay: 5 * time.Second, ListLag: 3 * time.Second},
		"with a very slow index":        {SyncDelay: 2 * time.Second, ListLag: 40 * time.Second},
		"other duplicates":              {SyncDelay: 5 * time.Second, Duplicates: both},
		"other duplicates, slow index":  {SyncDelay: 2 * time.Second, ListLag: 40 * time.Second, Duplicates: both},
		"checksums before they are due": {SyncDelay: 5 * time.Second, ChecksumsAtOnce: true},
	} {
		for _, c := range []stage.Coordinates{generic("some/where.bin"), raw("some/where.bin")} {
			t.Run(name+", "+c.Format, func(t *testing.T) {
				crashes := 0
				for k := int64(1); ; k++ {
					crashed := false
					for _, effect := range []bool{false, true} {
						synctest.Test(t, func(t *testing.T) {
							crashed = crashAt(t, o, c, k, effect)
						})
						if crashed {
							crashes++
						}
						if t.Failed() {
							t.Fatalf("crash at request %d, with effect: %v", k, effect)
						}
					}
					if !crashed {
						break
					}
				}
				if crashes < 6 {
					t.Errorf("only %d crashes were tried: upload, create and list are three requests", crashes)
				}
			})
		}
	}
}

// crashAt kills the first process at its kth request, and says whether it got
// that far.
func crashAt(t *testing.T, o emulator.Options, c stage.Coordinates, k int64, effect bool) bool {
	since := func(o *cloudsmith.Options) { o.Since = time.Now().Add(-time.Hour) }
	e, tr, first := bubble(t, o, since)
	p := publication(c, []byte("bytes that must arrive once"))

	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	if !effect {
		tr.before = func(*http.Request) (*http.Response, error) {
			if tr.calls.Load() >= k {
				kill()
				return nil, context.Canceled
			}
			return nil, nil
		}
	} else {
		tr.after = func(_ *http.Request, resp *http.Response) (*http.Response, error) {
			if tr.calls.Load() >= k {
				kill()
				return nil, context.Canceled
			}
			return resp, nil
		}
	}
	work(ctx, first, p)
	crashed := ctx.Err() != nil
	_ = first.Close()

	second, err := cloudsmith.Open(cloudsmith.Options{
		APIHost: "http://127.0.0.1:1", UploadHost: "http://127.0.0.1:1/upload", APIKey: e.APIKey(),
		Owner: e.Owner(), Repo: e.Repos()[0], HTTPClient: &http.Client{Transport: &inProcess{handler: e}},
		Since: time.Now().Add(-time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	p.Doubt = true
	status, err := work(t.Context(), second, p)
	if err != nil || status.State != stage.SyncDone || status.Package.SHA256 != p.Digests.SHA256 {
		t.Errorf("the second process ends with %+v, %v", status, err)
	}
	if held := e.Packages(); len(held) != 1 || held[0].Status != "Completed" || held[0].SHA256 != p.Digests.SHA256 {
		t.Errorf("the service holds %+v, want one good package", held)
	}
	return crashed
}

// work publishes p and follows it to the end, as upload and verify do.
func work(ctx context.Context, target stage.Target, p stage.Publication) (stage.PackageStatus, error) {
	var pkg stage.Package
	for attempt := 0; ; attempt++ {
		var err error
		if pkg, err = target.Publish(ctx, p); err == nil {
			break
		}
		if ctx.Err() != nil || stage.ClassOf(err) != stage.Retryable || attempt == 10 {
			return stage.PackageStatus{}, fmt.Errorf("publishing: %w", err)
		}
		p.Doubt = true
		time.Sleep(15 * time.Second)
	}
	for range 100 {
		s, err := target.Status(ctx, pkg)
		if err != nil || s.State != stage.SyncPending {
			return s, err
		}
		select {
		case <-time.After(5 * time.Second):
		case <-ctx.Done():
			return stage.PackageStatus{}, ctx.Err()
		}
	}
	return stage.PackageStatus{}, errors.New("it never ends")
}
