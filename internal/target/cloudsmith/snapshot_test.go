package cloudsmith_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/longshore/longshore/internal/target/cloudsmith"
	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
	"github.com/longshore/longshore/stages/stage"
)

// fill publishes n packages by a target of its own.
func fill(t *testing.T, target *cloudsmith.Target, n int) {
	t.Helper()
	for i := range n {
		if _, err := target.Publish(t.Context(), publication(generic(fmt.Sprintf("dir%d/same.bin", i)), fmt.Append(nil, i))); err != nil {
			t.Fatal(err)
		}
	}
}

// another opens a second target on the same emulator.
func another(t *testing.T, e *emulator.Server, tr *inProcess, change ...func(*cloudsmith.Options)) *cloudsmith.Target {
	t.Helper()
	o := cloudsmith.Options{
		APIHost: "http://127.0.0.1:1", UploadHost: "http://127.0.0.1:1/upload", APIKey: e.APIKey(),
		Owner: e.Owner(), Repo: e.Repos()[0], HTTPClient: clientOf(tr),
	}
	for _, f := range change {
		f(&o)
	}
	target, err := cloudsmith.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = target.Close() })
	return target
}

func TestABurstOfDoubtsReadsTheListingOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 600 // two pages
		e, tr, first := bubble(t, emulator.Options{})
		fill(t, first, n)

		second := another(t, e, tr)
		for i := range n {
			p := publication(generic(fmt.Sprintf("dir%d/same.bin", i)), fmt.Append(nil, i))
			p.Doubt = true
			pkg, err := second.Publish(t.Context(), p)
			if err != nil || pkg.Origin != stage.OriginAdopted || pkg.SHA256 != p.Digests.SHA256 || pkg.Size != p.Size {
				t.Fatalf("package %d: %+v, %v", i, pkg, err)
			}
		}
		s := second.Stats()
		if s.Requests[cloudsmith.KindUpload] != 0 || s.Total > 12 {
			t.Errorf("%d packages were adopted with the requests %v, want a few pages and no upload", n, s.Requests)
		}
		if got := len(e.Packages()); got != n {
			t.Errorf("the service holds %d packages, want %d", got, n)
		}
	})
}

func TestASnapshotSaysWhatIsMissingForAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, tr, first := bubble(t, emulator.Options{})
		fill(t, first, 10)
		second := another(t, e, tr)
		publish := func(i int) {
			t.Helper()
			p := publication(generic(fmt.Sprintf("new/%d.bin", i)), fmt.Append(nil, i))
			p.Doubt = true
			if _, err := second.Publish(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 200 {
			publish(i)
		}
		s := second.Stats()
		if looks := s.Requests[cloudsmith.KindFind] + s.Requests[cloudsmith.KindList]; looks > 8 {
			t.Errorf("%d requests to find that nothing is there, want a few", looks)
		}
		// What another process made in the meantime shows after a while.
		time.Sleep(5 * time.Minute)
		before := second.Stats().Requests[cloudsmith.KindFind]
		publish(200)
		if second.Stats().Requests[cloudsmith.KindFind] == before {
			t.Error("an old snapshot still said that something is missing")
		}
	})
}

func TestACatalogThatIsFullClaimsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, tr, first := bubble(t, emulator.Options{})
		fill(t, first, 30)
		second := another(t, e, tr, func(o *cloudsmith.Options) { o.CatalogLimit = 5 })
		for range 3 {
			for i := range 30 {
				p := publication(generic(fmt.Sprintf("dir%d/same.bin", i)), fmt.Append(nil, i))
				p.Doubt = true
				if _, err := second.Publish(t.Context(), p); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n := second.Stats().Requests[cloudsmith.KindUpload]; n != 0 {
			t.Errorf("%d uploads of what is there already", n)
		}
	})
}

func TestFindAfterASnapshotSeesRemovals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, tr, first := bubble(t, emulator.Options{})
		fill(t, first, 10)
		second := another(t, e, tr)
		var pkg stage.Package
		for i := range 10 {
			p := publication(generic(fmt.Sprintf("dir%d/same.bin", i)), fmt.Append(nil, i))
			p.Doubt = true
			var err error
			if pkg, err = second.Publish(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		if err := second.Remove(t.Context(), pkg); err != nil {
			t.Fatal(err)
		}
		if p, err := second.Find(t.Context(), pkg.Coordinates); !errors.Is(err, stage.ErrNotFound) {
			t.Errorf("found %+v, %v", p, err)
		}
	})
}

func TestOriginTellsWhatWasThereBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, tr, first := bubble(t, emulator.Options{})
		fill(t, first, 1)
		time.Sleep(time.Hour)
		second := another(t, e, tr, func(o *cloudsmith.Options) { o.Since = time.Now().Add(-time.Minute) })
		p := publication(generic("dir0/same.bin"), fmt.Append(nil, 0))
		p.Doubt = true
		pkg, err := second.Publish(t.Context(), p)
		if err != nil || pkg.Origin != stage.OriginExisting {
			t.Errorf("%+v, %v; want an existing package", pkg, err)
		}
	})
}
