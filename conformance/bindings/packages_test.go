package bindings

import (
	"fmt"
	"testing"
	"time"

	cloudsmith "github.com/cloudsmith-io/cloudsmith-api-go"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

func TestPackages(t *testing.T) {
	l := newLab(t, emulator.Options{})
	api := l.client.PackagesApi
	first := l.generic("dir/first.bin", "first bytes")

	t.Run("read says everything, by both slugs", func(t *testing.T) {
		l := l.at(t)
		p, resp, err := api.PackagesRead(l.ctx, owner, repo, first).Execute()
		l.status(resp, err, 200)
		same(t, "filename", p.GetFilename(), "first.bin")
		same(t, "sha256", p.GetChecksumSha256(), sha256Hex("first bytes"))
		same(t, "identifier_perm", p.GetIdentifierPerm(), first)
		same(t, "has_dependencies", p.AdditionalProperties["has_dependencies"], any(false))
		again, _, err := api.PackagesRead(l.ctx, owner, repo, p.GetSlug()).Execute()
		l.ok(err)
		same(t, "slug_perm by slug", again.GetSlugPerm(), first)
		same(t, "download", l.send("GET", p.GetCdnUrl(), nil, 200), "first bytes")
	})
	t.Run("status", func(t *testing.T) {
		l := l.at(t)
		st, resp, err := api.PackagesStatus(l.ctx, owner, repo, first).Execute()
		l.status(resp, err, 200)
		same(t, "completed", st.GetIsSyncCompleted(), true)
		same(t, "stage", st.GetStageStr(), "Fully Synchronised")
		same(t, "status", st.GetStatus(), 4)
	})
	t.Run("list pages, searches and sorts", func(t *testing.T) {
		l := l.at(t)
		l.generic("dir/second.bin", "second")
		all, resp, err := api.PackagesList(l.ctx, owner, repo).Page(1).PageSize(1).Sort("-date").Execute()
		l.status(resp, err, 200)
		same(t, "length of the page", len(all), 1)
		same(t, "count", resp.Header.Get("X-Pagination-Count"), "2")
		same(t, "newest", all[0].GetFilename(), "second.bin")
		found, _, err := api.PackagesList(l.ctx, owner, repo).Query("checksum:" + sha256Hex("first bytes")).Execute()
		l.ok(err)
		if len(found) != 1 || found[0].GetSlugPerm() != first {
			t.Errorf("found %v", found)
		}
		_, resp, err = api.PackagesList(l.ctx, owner, repo).Query("nonsense:x").Execute()
		l.refused(resp, err, 422, "query")
	})
	t.Run("groups", func(t *testing.T) {
		l := l.at(t)
		out, resp, err := api.PackagesGroupsList(l.ctx, owner, repo).GroupBy("backend_kind").Execute()
		l.status(resp, err, 200)
		same(t, "number of groups", len(out.GetResults()), 1)
		g := out.GetResults()[0]
		same(t, "packages", g.GetCount(), 2)
		same(t, "bytes", g.GetSize(), 17)
		byName, _, err := api.PackagesGroupsList(l.ctx, owner, repo).Sort("-name").Execute()
		l.ok(err)
		same(t, "first of the names", byName.GetResults()[0].GetName(), "second.bin")
	})
	t.Run("tags", func(t *testing.T) {
		l := l.at(t)
		p, resp, err := api.PackagesTag(l.ctx, owner, repo, first).Data(cloudsmith.PackageTagRequest{Action: *cloudsmith.NewNullableString(ptr("Add")), Tags: []string{"x", "y"}}).Execute()
		l.status(resp, err, 200)
		same(t, "tags", fmt.Sprint(p.GetTags()), "map[info:[x y]]")
		p, _, err = api.PackagesTag(l.ctx, owner, repo, first).Data(cloudsmith.PackageTagRequest{Action: *cloudsmith.NewNullableString(ptr("Clear"))}).Execute()
		l.ok(err)
		same(t, "tags", fmt.Sprint(p.GetTags()), "map[]")
	})
	t.Run("quarantine and release", func(t *testing.T) {
		l := l.at(t)
		q, resp, err := api.PackagesQuarantine(l.ctx, owner, repo, first).Execute()
		l.status(resp, err, 200)
		same(t, "quarantined", q.GetIsQuarantined(), true)
		same(t, "downloadable", q.GetIsDownloadable(), false)
		q, _, err = api.PackagesQuarantine(l.ctx, owner, repo, first).Data(cloudsmith.PackageQuarantineRequest{Release: ptr(true)}).Execute()
		l.ok(err)
		same(t, "quarantined", q.GetIsQuarantined(), false)
	})
	t.Run("resync, scan, dependencies, licence", func(t *testing.T) {
		l := l.at(t)
		r, resp, err := api.PackagesResync(l.ctx, owner, repo, first).Execute()
		l.status(resp, err, 200)
		same(t, "slug_perm", r.GetSlugPerm(), first)
		_, resp, err = api.PackagesScan(l.ctx, owner, repo, first).Execute()
		l.status(resp, err, 200)
		deps, resp, err := api.PackagesDependencies(l.ctx, owner, repo, first).Execute()
		l.status(resp, err, 200)
		same(t, "dependencies", len(deps.GetDependencies()), 0)
		p, resp, err := api.PackagesUpdateLicense(l.ctx, owner, repo, first).Data(cloudsmith.PackageLicenseRequestPatch{SpdxLicense: ptr("MIT")}).Execute()
		l.status(resp, err, 200)
		same(t, "licence", p.GetLicense(), "MIT")
	})
	t.Run("copy and move", func(t *testing.T) {
		l := l.at(t)
		twin, resp, err := api.PackagesCopy(l.ctx, owner, repo, first).Data(*cloudsmith.NewPackageCopyRequest("other")).Execute()
		l.status(resp, err, 200)
		if twin.GetSlugPerm() == first {
			t.Error("a copy has the identifier of the original")
		}
		same(t, "repository", twin.GetRepository(), "other")
		_, resp, err = api.PackagesCopy(l.ctx, owner, repo, first).Data(*cloudsmith.NewPackageCopyRequest("nowhere")).Execute()
		l.refused(resp, err, 422, "destination")
		perm := l.generic("to-move.bin", "m")
		moved, resp, err := api.PackagesMove(l.ctx, owner, repo, perm).Data(*cloudsmith.NewPackageMoveRequest("other")).Execute()
		l.status(resp, err, 200)
		same(t, "repository", moved.GetRepository(), "other")
	})
	t.Run("bulk action", func(t *testing.T) {
		l := l.at(t)
		perm := l.generic("bulk.bin", "b")
		data := *cloudsmith.NewPackageBulkAction("Delete", []string{perm, "nothing"})
		data.SetRepository(repo)
		out, resp, err := api.PackagesBulkAction(l.ctx, owner).Data(data).Execute()
		l.status(resp, err, 200)
		same(t, "done", fmt.Sprint(out.GetPackagesActioned()), "["+perm+"]")
		if failed := out.GetPackagesFailedToAction(); len(failed) != 1 || failed["nothing"] == nil {
			t.Errorf("failed %v", failed)
		}
	})
	t.Run("delete", func(t *testing.T) {
		l := l.at(t)
		resp, err := api.PackagesDelete(l.ctx, owner, repo, first).Execute()
		l.status(resp, err, 204)
		_, resp, _ = api.PackagesStatus(l.ctx, owner, repo, first).Execute()
		same(t, "status afterwards", resp.StatusCode, 404)
	})
}

func TestSyncs(t *testing.T) {
	read := func(l *lab, perm string) *cloudsmith.PackageStatus {
		l.t.Helper()
		st, _, err := l.client.PackagesApi.PackagesStatus(l.ctx, owner, repo, perm).Execute()
		l.ok(err)
		return st
	}
	t.Run("an unfinished one decodes", func(t *testing.T) {
		l := newLab(t, emulator.Options{SyncDelay: time.Hour})
		perm := l.generic("a.bin", "a")
		same(t, "in flight", read(l, perm).GetIsSyncInFlight(), true)
		_, _, err := l.client.PackagesApi.PackagesRead(l.ctx, owner, repo, perm).Execute()
		l.ok(err)
	})
	t.Run("a duplicate fails, stays, and goes when it is deleted", func(t *testing.T) {
		l := newLab(t, emulator.Options{})
		l.generic("a.bin", "a")
		perm := l.generic("a.bin", "other")
		st := read(l, perm)
		same(t, "failed", st.GetIsSyncFailed(), true)
		same(t, "status", st.GetStatus(), 5)
		if st.GetStatusReason() == "" {
			t.Error("no reason")
		}
		same(t, "packages", len(l.server.Packages()), 2)
		_, err := l.client.PackagesApi.PackagesDelete(l.ctx, owner, repo, perm).Execute()
		l.ok(err)
		same(t, "packages", len(l.server.Packages()), 1)
	})
	t.Run("bytes that never came fail without a reason", func(t *testing.T) {
		l := newLab(t, emulator.Options{})
		up, _, err := l.client.FilesApi.FilesCreate(l.ctx, owner, repo).Data(*cloudsmith.NewPackageFileUploadRequest("a.bin")).Execute()
		l.ok(err)
		p, resp, err := l.client.PackagesApi.PackagesUploadGeneric(l.ctx, owner, repo).
			Data(*cloudsmith.NewGenericPackageUploadRequest("a.bin", up.GetIdentifier())).Execute()
		l.status(resp, err, 201)
		st := read(l, p.GetSlugPerm())
		same(t, "failed", st.GetIsSyncFailed(), true)
		same(t, "reason is set", st.StatusReason.Get() != nil, false)
		same(t, "progress", st.GetSyncProgress(), 45)
		same(t, "stage", st.GetStage(), 4)
	})
	t.Run("a quarantined one decodes", func(t *testing.T) {
		l := newLab(t, emulator.Options{QuarantinePolicy: "format:generic"})
		perm := l.generic("a.bin", "a")
		st := read(l, perm)
		same(t, "status", st.GetStatusStr(), "Quarantined")
		p, _, err := l.client.PackagesApi.PackagesRead(l.ctx, owner, repo, perm).Execute()
		l.ok(err)
		same(t, "policy violated", p.GetPolicyViolated(), true)
	})
}
