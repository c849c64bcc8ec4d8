package bindings

import (
	"testing"

	cloudsmith "github.com/cloudsmith-io/cloudsmith-api-go"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

func TestRepositories(t *testing.T) {
	l := newLab(t, emulator.Options{})
	api := l.client.ReposApi
	t.Run("create, read, change, delete", func(t *testing.T) {
		l := l.at(t)
		in := *cloudsmith.NewRepositoryCreateRequest("My Files")
		in.SetRepositoryTypeStr("Private")
		in.SetReplacePackagesByDefault(true)
		made, resp, err := api.ReposCreate(l.ctx, owner).Data(in).Execute()
		l.status(resp, err, 201)
		same(t, "slug", made.GetSlug(), "my-files")
		_, resp, err = api.ReposCreate(l.ctx, owner).Data(in).Execute()
		l.refused(resp, err, 422, "slug")
		read, resp, err := api.ReposRead(l.ctx, owner, "my-files").Execute()
		l.status(resp, err, 200)
		same(t, "private", read.GetIsPrivate(), true)
		same(t, "replaces", read.GetReplacePackagesByDefault(), true)
		patched, resp, err := api.ReposPartialUpdate(l.ctx, owner, "my-files").
			Data(cloudsmith.RepositoryRequestPatch{Description: ptr("new"), IndexFiles: ptr(false)}).Execute()
		l.status(resp, err, 200)
		same(t, "description", patched.GetDescription(), "new")
		same(t, "index_files", patched.GetIndexFiles(), false)
		same(t, "private", patched.GetIsPrivate(), true)
		resp, err = api.ReposDelete(l.ctx, owner, "my-files").Execute()
		l.status(resp, err, 200)
		_, resp, err = api.ReposRead(l.ctx, owner, "my-files").Execute()
		l.refused(resp, err, 404)
	})
	t.Run("a name that does not fit is refused", func(t *testing.T) {
		l := l.at(t)
		_, resp, err := api.ReposCreate(l.ctx, owner).Data(*cloudsmith.NewRepositoryCreateRequest("?")).Execute()
		l.refused(resp, err, 422, "name")
	})
	t.Run("lists", func(t *testing.T) {
		l := l.at(t)
		mine, resp, err := api.ReposUserList(l.ctx).Execute()
		l.status(resp, err, 200)
		same(t, "repositories", len(mine), 2)
		some, _, err := api.ReposNamespaceList(l.ctx, owner).Query("oth").Execute()
		l.ok(err)
		same(t, "repositories", len(some), 1)
	})
	t.Run("retention drops what is too much", func(t *testing.T) {
		l := l.at(t)
		rules, resp, err := api.RepoRetentionRead(l.ctx, owner, repo).Execute()
		l.status(resp, err, 200)
		same(t, "enabled", rules.GetRetentionEnabled(), false)
		l.generic("1.bin", "1")
		l.generic("2.bin", "2")
		rules, resp, err = api.RepoRetentionPartialUpdate(l.ctx, owner, repo).
			Data(cloudsmith.RepositoryRetentionRulesRequestPatch{RetentionEnabled: ptr(true), RetentionCountLimit: ptr(int64(1))}).Execute()
		l.status(resp, err, 200)
		same(t, "limit", rules.GetRetentionCountLimit(), 1)
		left, _, err := l.client.PackagesApi.PackagesList(l.ctx, owner, repo).Execute()
		l.ok(err)
		if len(left) != 1 || left[0].GetFilename() != "2.bin" {
			t.Errorf("%d packages left", len(left))
		}
	})
}

func TestEntitlements(t *testing.T) {
	l := newLab(t, emulator.Options{})
	api := l.client.EntitlementsApi
	made, resp, err := api.EntitlementsCreate(l.ctx, owner, repo).ShowTokens(true).Data(*cloudsmith.NewRepositoryTokenRequest("ci")).Execute()
	l.status(resp, err, 201)
	id := made.GetSlugPerm()
	all, resp, err := api.EntitlementsList(l.ctx, owner, repo).ShowTokens(false).Execute()
	l.status(resp, err, 200)
	same(t, "tokens", len(all), 2)
	if all[1].GetToken() == made.GetToken() {
		t.Error("the list shows the token")
	}
	read, _, err := api.EntitlementsRead(l.ctx, owner, repo, id).ShowTokens(true).Execute()
	l.ok(err)
	same(t, "token", read.GetToken(), made.GetToken())
	patched, _, err := api.EntitlementsPartialUpdate(l.ctx, owner, repo, id).
		Data(cloudsmith.RepositoryTokenRequestPatch{Name: ptr("cd"), LimitNumDownloads: *cloudsmith.NewNullableInt64(ptr(int64(5)))}).Execute()
	l.ok(err)
	same(t, "name", patched.GetName(), "cd")
	same(t, "limit", patched.GetLimitNumDownloads(), 5)
	same(t, "limited", patched.GetHasLimits(), true)

	perm := l.generic("a.bin", "12345")
	p, _, err := l.client.PackagesApi.PackagesRead(l.ctx, owner, repo, perm).Execute()
	l.ok(err)
	download := func(token string) int { return statusOf(t, p.GetCdnUrl(), token) }
	same(t, "download with the token", download(made.GetToken()), 200)
	resp, err = api.EntitlementsDisable(l.ctx, owner, repo, id).Execute()
	l.status(resp, err, 204)
	same(t, "download with a disabled token", download(made.GetToken()), 404)
	resp, err = api.EntitlementsEnable(l.ctx, owner, repo, id).Execute()
	l.status(resp, err, 204)
	same(t, "download with the token", download(made.GetToken()), 200)

	usage, _, err := l.client.MetricsApi.MetricsEntitlementsRepoList(l.ctx, owner, repo).Execute()
	l.ok(err)
	same(t, "bytes of all tokens", usage.Tokens.Bandwidth.Total.GetValue(), 10)
	usage, _, err = l.client.MetricsApi.MetricsEntitlementsAccountList(l.ctx, owner).Execute()
	l.ok(err)
	same(t, "downloads of all tokens", usage.Tokens.Downloads.Total.GetValue(), 2)
	packages, _, err := l.client.MetricsApi.MetricsPackagesList(l.ctx, owner, repo).Execute()
	l.ok(err)
	same(t, "active packages", packages.Packages.GetActive(), 1)

	resp, err = api.EntitlementsReset(l.ctx, owner, repo, id).Execute()
	l.status(resp, err, 204)
	renewed, _, err := api.EntitlementsRefresh(l.ctx, owner, repo, id).ShowTokens(true).Execute()
	l.ok(err)
	same(t, "downloads", renewed.GetDownloads(), 0)
	same(t, "download with the old token", download(made.GetToken()), 404)
	same(t, "download with the new token", download(renewed.GetToken()), 200)
	synced, _, err := api.EntitlementsSync(l.ctx, owner, "other").Data(*cloudsmith.NewRepositoryTokenSyncRequest(repo)).Execute()
	l.ok(err)
	same(t, "tokens of the other repository", len(synced.GetTokens()), 1)
	resp, err = api.EntitlementsDelete(l.ctx, owner, repo, id).Execute()
	l.status(resp, err, 204)
	_, resp, err = api.EntitlementsRead(l.ctx, owner, repo, id).Execute()
	l.refused(resp, err, 404)
}

func TestAuditLog(t *testing.T) {
	t.Run("is not in every plan", func(t *testing.T) {
		l := newLab(t, emulator.Options{})
		_, resp, err := l.client.AuditLogApi.AuditLogNamespaceList(l.ctx, owner).Execute()
		if err == nil || resp.StatusCode != 402 {
			t.Errorf("got %v and %v, want 402", resp, err)
		}
	})
	t.Run("lists what was done", func(t *testing.T) {
		l := newLab(t, emulator.Options{AuditLog: true})
		perm := l.generic("a.bin", "a")
		_, err := l.client.PackagesApi.PackagesDelete(l.ctx, owner, repo, perm).Execute()
		l.ok(err)
		all, resp, err := l.client.AuditLogApi.AuditLogNamespaceList(l.ctx, owner).Execute()
		l.status(resp, err, 200)
		same(t, "entries", len(all), 2)
		same(t, "object of the newest", all[0].GetObjectSlugPerm(), perm)
		one, _, err := l.client.AuditLogApi.AuditLogRepoList(l.ctx, owner, "other").Execute()
		l.ok(err)
		same(t, "entries of the other repository", len(one), 0)
		_, _, err = l.client.AuditLogApi.AuditLogRepoList(l.ctx, owner, repo).Query("delete").Execute()
		l.ok(err)
	})
}
