package bindings

import (
	"testing"

	cloudsmith "github.com/cloudsmith-io/cloudsmith-api-go"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

func TestUser(t *testing.T) {
	l := newLab(t, emulator.Options{})
	t.Run("knows itself", func(t *testing.T) {
		me, resp, err := l.at(t).client.UserApi.UserSelf(l.ctx).Execute()
		l.at(t).status(resp, err, 200)
		same(t, "authenticated", me.GetAuthenticated(), true)
		profile, _, err := l.client.UsersApi.UsersProfileRead(l.ctx, me.GetSlug()).Execute()
		l.ok(err)
		same(t, "slug_perm", profile.GetSlugPerm(), me.GetSlugPerm())
	})
	t.Run("is nobody without a key, and that is no error", func(t *testing.T) {
		me, resp, err := l.at(t).client.UserApi.UserSelf(t.Context()).Execute()
		l.at(t).status(resp, err, 200)
		same(t, "authenticated", me.GetAuthenticated(), false)
	})
	t.Run("gets the key for email and password", func(t *testing.T) {
		l := l.at(t)
		me, _, err := l.client.UserApi.UserSelf(l.ctx).Execute()
		l.ok(err)
		token, resp, err := l.client.UserApi.UserTokenCreate(t.Context()).
			Data(cloudsmith.UserAuthTokenRequest{Email: ptr(me.GetEmail()), Password: ptr(emulator.DemoPassword)}).Execute()
		l.status(resp, err, 201)
		same(t, "token", token.GetToken(), l.server.APIKey())
		_, resp, err = l.client.UserApi.UserTokenCreate(t.Context()).
			Data(cloudsmith.UserAuthTokenRequest{Email: ptr(me.GetEmail()), Password: ptr("wrong")}).Execute()
		l.refused(resp, err, 422, "non_field_errors")
	})
	t.Run("makes and refreshes keys, and an old one is worth nothing", func(t *testing.T) {
		l := l.at(t)
		made, resp, err := l.client.UserApi.UserTokensCreate(l.ctx).Execute()
		l.status(resp, err, 201)
		list, _, err := l.client.UserApi.UserTokensList(l.ctx).Execute()
		l.ok(err)
		same(t, "number of keys", len(list.GetResults()), 2)
		renewed, resp, err := l.client.UserApi.UserTokensRefresh(l.ctx, made.GetSlugPerm()).Execute()
		l.status(resp, err, 200)
		_, resp, _ = l.client.UserApi.UserSelf(withKey(t.Context(), made.GetKey())).Execute()
		same(t, "status of the old key", resp.StatusCode, 401)
		_, resp, err = l.client.UserApi.UserSelf(withKey(t.Context(), renewed.GetKey())).Execute()
		l.status(resp, err, 200)
	})
}

func TestRates(t *testing.T) {
	l := newLab(t, emulator.Options{APILimit: 10})
	rates, resp, err := l.client.RatesApi.RatesLimitsList(l.ctx).Execute()
	l.status(resp, err, 200)
	core := rates.GetResources()["core"]
	same(t, "limit", core.GetLimit(), 10)
	same(t, "remaining", core.GetRemaining(), 9)
}

func TestQuota(t *testing.T) {
	l := newLab(t, emulator.Options{StorageLimit: 1000, BandwidthLimit: 4000})
	l.generic("a.bin", "0123456789")
	q, _, err := l.client.QuotaApi.QuotaRead(l.ctx, owner).Execute()
	l.ok(err)
	raw := q.Usage.Raw
	same(t, "storage used", raw.Storage.GetUsed(), 10)
	same(t, "storage configured", raw.Storage.GetConfigured(), 1000)
	same(t, "bandwidth configured", raw.Bandwidth.GetConfigured(), 4000)
	h, _, err := l.client.QuotaApi.QuotaHistoryRead(l.ctx, owner).Execute()
	l.ok(err)
	same(t, "periods", len(h.GetHistory()), 1)
	_, _, err = l.client.QuotaApi.QuotaOssRead(l.ctx, owner).Execute()
	l.ok(err)
	_, _, err = l.client.QuotaApi.QuotaOssHistoryRead(l.ctx, owner).Execute()
	l.ok(err)
}

func TestCatalogues(t *testing.T) {
	l := newLab(t, emulator.Options{})
	formats, _, err := l.client.FormatsApi.FormatsList(l.ctx).Execute()
	l.ok(err)
	same(t, "number of formats", len(formats), 31)
	deb, _, err := l.client.FormatsApi.FormatsRead(l.ctx, "deb").Execute()
	l.ok(err)
	same(t, "supports distributions", deb.Supports.GetDistributions(), true)
	distros, _, err := l.client.DistrosApi.DistrosList(l.ctx).Execute()
	l.ok(err)
	if len(distros) == 0 {
		t.Error("no distributions")
	}
	debian, _, err := l.client.DistrosApi.DistrosRead(l.ctx, "debian").Execute()
	l.ok(err)
	same(t, "format", debian.GetFormat(), "deb")
	spaces, _, err := l.client.NamespacesApi.NamespacesList(l.ctx).Page(1).PageSize(10).Execute()
	l.ok(err)
	same(t, "number of namespaces", len(spaces), 1)
	space, _, err := l.client.NamespacesApi.NamespacesRead(l.ctx, owner).Execute()
	l.ok(err)
	same(t, "slug", space.GetSlug(), owner)
	regions, _, err := l.client.StorageRegionsApi.StorageRegionsList(l.ctx).Execute()
	l.ok(err)
	region, _, err := l.client.StorageRegionsApi.StorageRegionsRead(l.ctx, regions[0].GetSlug()).Execute()
	l.ok(err)
	same(t, "label", region.GetLabel(), regions[0].GetLabel())
	state, _, err := l.client.StatusApi.StatusCheckBasic(t.Context()).Execute()
	l.ok(err)
	if state.GetVersion() == "" {
		t.Error("no version")
	}
}
