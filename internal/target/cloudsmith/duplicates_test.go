package cloudsmith_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/longshore/longshore/internal/target/cloudsmith"
	"github.com/longshore/longshore/stages/stage"
)

// lenient is a service that takes any number of packages with the same
// coordinates, which the emulator does not and the real one may.
type lenient struct {
	mu      sync.Mutex
	entries []map[string]any // oldest first
	// lazy keeps showing what was deleted, as deletion is asynchronous.
	lazy bool
}

// put adds an entry for dir/a.bin; done ones were processed.
func (l *lenient) put(id, sha256, state string, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, map[string]any{
		"slug_perm": id, "format": "generic", "name": nil, "filename": "a.bin", "filepath": "dir/a.bin",
		"size": 5, "checksum_sha256": sha256, "uploaded_at": at.UTC().Format("2006-01-02T15:04:05.000000Z"),
		"is_sync_completed": state == "done", "is_sync_failed": state == "failed", "is_quarantined": false,
		"status_reason": nil, "a_field_from_the_future": map[string]any{"x": 1},
	})
}

func (l *lenient) ids() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := []string{}
	for _, e := range l.entries {
		ids = append(ids, e["slug_perm"].(string))
	}
	return ids
}

func (l *lenient) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.Trim(r.URL.Path, "/")
	id := path[strings.LastIndex(path, "/")+1:]
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.entries, func(e map[string]any) bool { return e["slug_perm"] == id })
	switch {
	case r.Method == http.MethodGet && path == "packages/acme/lab":
		out := slices.Clone(l.entries)
		slices.Reverse(out)
		w.Header().Set("X-Pagination-Count", fmt.Sprint(len(out)))
		w.Header().Set("X-Pagination-PageTotal", "1")
		_ = json.NewEncoder(w).Encode(out)
	case i < 0:
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"detail":"Not found."}`))
	case r.Method == http.MethodDelete:
		if !l.lazy {
			l.entries = slices.Delete(l.entries, i, i+1)
		}
		w.WriteHeader(http.StatusNoContent)
	default:
		_ = json.NewEncoder(w).Encode(l.entries[i])
	}
}

// TestSettlingDuplicates asks for the status of "own" with this or that beside
// it at the same coordinates.
func TestSettlingDuplicates(t *testing.T) {
	const a, b = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	type e struct {
		id, sha256, state string
		at                time.Duration // after the migration began
	}
	for _, c := range []struct {
		name string
		held []e
		// what remains, how own ends and as which package
		left  []string
		state stage.SyncState
		as    string
		says  string
		gone  bool
	}{
		{"alone", []e{{"own", a, "done", 1}}, []string{"own"}, stage.SyncDone, "own", "", false},
		{"an equal older one of ours stays", []e{{"old", a, "done", 1}, {"own", a, "done", 2}}, []string{"old"}, stage.SyncDone, "old", "", false},
		{"an equal newer one of ours goes", []e{{"own", a, "done", 1}, {"new", a, "done", 2}}, []string{"own"}, stage.SyncDone, "own", "", false},
		{"of three equal ones the oldest stays", []e{{"old", a, "done", 1}, {"own", a, "done", 2}, {"new", a, "done", 3}}, []string{"old"}, stage.SyncDone, "old", "", false},
		{"one from before the migration is never touched", []e{{"old", a, "done", -9}, {"own", a, "done", 2}}, []string{"old"}, stage.SyncDone, "old", "", false},
		{"an older one with other bytes is a conflict", []e{{"old", b, "done", -9}, {"own", a, "done", 2}}, []string{"old", "own"}, stage.SyncFailed, "own", "conflict", false},
		{"a newer one with other bytes is somebody else's matter", []e{{"own", a, "done", 1}, {"new", b, "done", 2}}, []string{"own", "new"}, stage.SyncDone, "own", "", false},
		{"failed leftovers of ours go", []e{{"own", a, "done", 1}, {"bad", a, "failed", 2}}, []string{"own"}, stage.SyncDone, "own", "", false},
		{"failed leftovers from before the migration stay", []e{{"bad", a, "failed", -9}, {"own", a, "done", 2}}, []string{"bad", "own"}, stage.SyncDone, "own", "", false},
		{"failed beside an equal one is that one", []e{{"old", a, "done", -9}, {"own", a, "failed", 2}}, []string{"old"}, stage.SyncDone, "old", "", false},
		{"failed beside one with other bytes is a conflict", []e{{"old", b, "done", -9}, {"own", a, "failed", 2}}, []string{"old"}, stage.SyncFailed, "own", "conflict", false},
		{"failed without a digest is reported as what stands there", []e{{"old", b, "done", -9}, {"own", "", "failed", 2}}, []string{"old"}, stage.SyncDone, "old", "", false},
		{"failed alone", []e{{"own", a, "failed", 2}}, []string{"own"}, stage.SyncFailed, "own", "", false},
		{"gone beside a good one is that one", []e{{"old", a, "done", 1}}, []string{"old"}, stage.SyncDone, "old", "", false},
		{"gone beside a failed one is not known", []e{{"bad", a, "failed", 1}}, []string{"bad"}, "", "", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				since := time.Now()
				service := &lenient{}
				for _, e := range c.held {
					service.put(e.id, e.sha256, e.state, since.Add(e.at*time.Second))
				}
				target, err := cloudsmith.Open(cloudsmith.Options{
					APIHost: "http://127.0.0.1:1", UploadHost: "http://127.0.0.1:1", APIKey: "k", Owner: "acme", Repo: "lab",
					Since: since, HTTPClient: clientOf(&inProcess{handler: service}),
				})
				if err != nil {
					t.Fatal(err)
				}
				defer target.Close()
				own := stage.Package{ID: "own", Coordinates: generic("dir/a.bin"), UploadedAt: since.Add(2 * time.Second)}
				var s stage.PackageStatus
				for range 100 {
					if s, err = target.Status(t.Context(), own); err != nil || s.State != stage.SyncPending {
						break
					}
					time.Sleep(time.Second)
				}
				if c.gone {
					if err == nil {
						t.Errorf("ended %+v, want an error", s)
					}
				} else if err != nil || s.State != c.state || s.Package.ID != c.as || !strings.Contains(s.Reason, c.says) {
					t.Errorf("ended %+v, %v; want %s as %s", s, err, c.state, c.as)
				}
				for _, e := range c.held {
					var want stage.Origin
					switch {
					case e.id != c.as || c.as == "own":
						continue
					case e.at < 0:
						want = stage.OriginExisting
					default:
						want = stage.OriginAdopted
					}
					if s.Package.Origin != want {
						t.Errorf("the origin of %s is %q, want %q", c.as, s.Package.Origin, want)
					}
				}
				if got := service.ids(); !slices.Equal(got, c.left) {
					t.Errorf("%v remain, want %v", got, c.left)
				}
			})
		})
	}
}

func TestAPendingSiblingKeepsTheStatusOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const a = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		since := time.Now()
		service := &lenient{}
		service.put("own", a, "done", since.Add(time.Second))
		service.put("new", "", "pending", since.Add(2*time.Second))
		target, err := cloudsmith.Open(cloudsmith.Options{
			APIHost: "http://127.0.0.1:1", UploadHost: "http://127.0.0.1:1", APIKey: "k", Owner: "acme", Repo: "lab",
			Since: since, HTTPClient: clientOf(&inProcess{handler: service}),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer target.Close()
		own := stage.Package{ID: "own", Coordinates: generic("dir/a.bin"), UploadedAt: since.Add(time.Second)}
		ends := func(patience time.Duration) bool {
			for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Second) {
				if s, err := target.Status(t.Context(), own); err != nil || s.State == stage.SyncDone {
					return err == nil
				}
			}
			return false
		}
		if ends(5 * time.Minute) {
			t.Error("it was final while another package at its coordinates was still being processed")
		}
		if !ends(10 * time.Minute) {
			t.Error("a sibling that hangs kept the status open for ever")
		}
	})
}

func TestLateLeftoversAreCleared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const a = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		since := time.Now()
		service := &lenient{}
		service.put("own", a, "done", since.Add(time.Second))
		target, err := cloudsmith.Open(cloudsmith.Options{
			APIHost: "http://127.0.0.1:1", UploadHost: "http://127.0.0.1:1", APIKey: "k", Owner: "acme", Repo: "lab",
			Since: since, HTTPClient: clientOf(&inProcess{handler: service}),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer target.Close()
		// In doubt, so that the coordinates are known to be this migration's.
		p := publication(generic("dir/a.bin"), []byte("12345"))
		p.Digests.SHA256, p.Doubt = a, true
		if _, err := target.Publish(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		// Somebody else's leftover, and ours, turn up later.
		service.put("late", a, "failed", since.Add(2*time.Second))
		service.put("foreign", a, "failed", since.Add(3*time.Second))
		service.entries[2]["filepath"] = "dir/not-ours.bin"
		for range 20 {
			_, _ = target.Status(t.Context(), stage.Package{ID: "other", Coordinates: generic("dir/other.bin"), UploadedAt: since})
			time.Sleep(time.Second)
		}
		if got := service.ids(); !slices.Equal(got, []string{"own", "foreign"}) {
			t.Errorf("%v remain, want ours alone to be cleared", got)
		}
	})
}

func TestAFinalStatusCostsNothingToAskForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const a = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		service := &lenient{}
		service.put("own", a, "done", time.Now())
		tr := &inProcess{handler: service}
		target, err := cloudsmith.Open(cloudsmith.Options{
			APIHost: "http://127.0.0.1:1", UploadHost: "http://127.0.0.1:1", APIKey: "k", Owner: "acme", Repo: "lab",
			HTTPClient: clientOf(tr),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer target.Close()
		own := stage.Package{ID: "own", Coordinates: generic("dir/a.bin"), UploadedAt: time.Now()}
		for range 1000 {
			_, _ = target.Status(t.Context(), own)
			time.Sleep(time.Second)
		}
		if n := tr.calls.Load(); n > 2 {
			t.Errorf("%d requests for one package that was done at once", n)
		}
		// Without anybody asking, nobody looks.
		before := tr.calls.Load()
		_, _ = target.Status(t.Context(), stage.Package{ID: "gone", Coordinates: generic("dir/b.bin"), UploadedAt: time.Now()})
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := tr.calls.Load() - before; n > 2 {
			t.Errorf("%d requests in an hour in which nobody asked", n)
		}
	})
}

func TestWhatWasRemovedIsNotFoundWhileItLingers(t *testing.T) {
	const a = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	service := &lenient{lazy: true}
	service.put("own", a, "done", time.Now())
	target, err := cloudsmith.Open(cloudsmith.Options{
		APIHost: "http://127.0.0.1:1", UploadHost: "http://127.0.0.1:1", APIKey: "k", Owner: "acme", Repo: "lab",
		HTTPClient: clientOf(&inProcess{handler: service}),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	p, err := target.Find(t.Context(), generic("dir/a.bin"))
	if err != nil {
		t.Fatal(err)
	}
	if err := target.Remove(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if p, err := target.Find(t.Context(), generic("dir/a.bin")); !errors.Is(err, stage.ErrNotFound) {
		t.Errorf("found %+v, %v", p, err)
	}
	if s, err := target.Status(t.Context(), p); !errors.Is(err, stage.ErrNotFound) {
		t.Errorf("status %+v, %v", s, err)
	}
}
