package bindings

import (
	"errors"
	"net/http"
	"testing"

	cloudsmith "github.com/cloudsmith-io/cloudsmith-api-go"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

// refused wants an answer with a status whose body decodes into the model of
// errors, and names the fields.
func (l *lab) refused(resp *http.Response, err error, status int, fields ...string) {
	l.t.Helper()
	var api *cloudsmith.GenericOpenAPIError
	if !errors.As(err, &api) {
		l.t.Fatalf("got %v, want an error of the API", err)
	}
	if resp.StatusCode != status {
		l.t.Fatalf("status %d, want %d: %s", resp.StatusCode, status, api.Body())
	}
	model, is := api.Model().(cloudsmith.ErrorDetail)
	if !is {
		l.t.Fatalf("the body decodes into %T (%v), want an ErrorDetail: %s", api.Model(), err, api.Body())
	}
	if model.GetDetail() == "" {
		l.t.Error("no detail")
	}
	for _, name := range fields {
		if texts := model.GetFields()[name]; len(texts) == 0 {
			l.t.Errorf("field %s has no text; fields are %v", name, model.GetFields())
		}
	}
}

func TestRefusals(t *testing.T) {
	l := newLab(t, emulator.Options{})
	raw := func(l *lab) (*http.Response, error) {
		_, resp, err := l.client.PackagesApi.PackagesUploadRaw(l.ctx, owner, repo).
			Data(*cloudsmith.NewRawPackageUploadRequest(l.put("a.txt", "a"))).Execute()
		return resp, err
	}
	t.Run("400 for a raw package that is there already", func(t *testing.T) {
		l := l.at(t)
		resp, err := raw(l)
		l.status(resp, err, 201)
		resp, err = raw(l)
		l.refused(resp, err, 400)
	})
	t.Run("400 for parts of an upload that has none", func(t *testing.T) {
		l := l.at(t)
		f, _, err := l.client.FilesApi.FilesCreate(l.ctx, owner, repo).Data(*cloudsmith.NewPackageFileUploadRequest("a.txt")).Execute()
		l.ok(err)
		_, resp, err := l.client.FilesApi.FilesInfo(l.ctx, owner, repo, f.GetIdentifier()).Filename("a.txt").Execute()
		l.refused(resp, err, 400)
	})
	t.Run("404 for what does not exist", func(t *testing.T) {
		l := l.at(t)
		_, resp, err := l.client.ReposApi.ReposRead(l.ctx, owner, "nothing").Execute()
		l.refused(resp, err, 404)
		_, resp, err = l.client.FilesApi.FilesCreate(l.ctx, "nobody", repo).Data(*cloudsmith.NewPackageFileUploadRequest("a")).Execute()
		l.refused(resp, err, 404)
	})
	t.Run("404 without a model for a package that does not exist", func(t *testing.T) {
		_, resp, err := l.at(t).client.PackagesApi.PackagesRead(l.ctx, owner, repo, "nothing").Execute()
		if err == nil || resp.StatusCode != 404 {
			t.Errorf("got %v and %v, want 404", resp, err)
		}
	})
	t.Run("422 for an identifier that is used", func(t *testing.T) {
		l := l.at(t)
		id := l.put("used.txt", "x")
		data := *cloudsmith.NewGenericPackageUploadRequest("one.txt", id)
		_, resp, err := l.client.PackagesApi.PackagesUploadGeneric(l.ctx, owner, repo).Data(data).Execute()
		l.status(resp, err, 201)
		data.Filepath = "two.txt"
		_, resp, err = l.client.PackagesApi.PackagesUploadGeneric(l.ctx, owner, repo).Data(data).Execute()
		l.refused(resp, err, 422, "package_file")
	})
	t.Run("422 for a distribution that nobody knows", func(t *testing.T) {
		l := l.at(t)
		_, resp, err := l.client.PackagesApi.PackagesUploadDeb(l.ctx, owner, repo).
			Data(*cloudsmith.NewDebPackageUploadRequest("debian/nonsense", l.put("a.deb", "x"))).Execute()
		l.refused(resp, err, 422, "distribution")
	})
	t.Run("401 without a model for a wrong key", func(t *testing.T) {
		_, resp, err := l.at(t).client.PackagesApi.PackagesList(withKey(t.Context(), "wrong"), owner, repo).Execute()
		if err == nil || resp.StatusCode != 401 {
			t.Errorf("got %v and %v, want 401", resp, err)
		}
	})
}
