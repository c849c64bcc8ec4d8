package bindings

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	cloudsmith "github.com/cloudsmith-io/cloudsmith-api-go"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

func TestFiles(t *testing.T) {
	l := newLab(t, emulator.Options{})
	files := l.client.FilesApi
	request := func(filename, method string) cloudsmith.PackageFileUploadRequest {
		r := *cloudsmith.NewPackageFileUploadRequest(filename)
		r.SetMethod(method)
		return r
	}
	// package proves that the bytes of an identifier are there.
	isStored := func(l *lab, id, filepath, want string) {
		l.t.Helper()
		p, resp, err := l.client.PackagesApi.PackagesUploadGeneric(l.ctx, owner, repo).
			Data(*cloudsmith.NewGenericPackageUploadRequest(filepath, id)).Execute()
		l.status(resp, err, 201)
		same(l.t, "sha256", p.GetChecksumSha256(), sha256Hex(want))
		same(l.t, "size", p.GetSize(), int64(len(want)))
	}

	t.Run("validate says yes and no", func(t *testing.T) {
		l := l.at(t)
		data := *cloudsmith.NewPackageFileUploadRequest("a.txt")
		resp, err := files.FilesValidate(l.ctx, owner, repo).Data(data).Execute()
		l.status(resp, err, 204)
		data.SetMd5Checksum("short")
		resp, err = files.FilesValidate(l.ctx, owner, repo).Data(data).Execute()
		l.refused(resp, err, 422, "md5_checksum")
		resp, err = files.FilesValidate(l.ctx, owner, repo).Data(request(strings.Repeat("x", 256), "post")).Execute()
		l.refused(resp, err, 422, "filename")
		resp, err = files.FilesValidate(l.ctx, owner, "nothing").Data(request("a", "post")).Execute()
		l.refused(resp, err, 404)
	})
	t.Run("method post takes a form", func(t *testing.T) {
		l := l.at(t)
		up, resp, err := files.FilesCreate(l.ctx, owner, repo).Data(request("a.txt", "post")).Execute()
		l.status(resp, err, 202)
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		for name, value := range up.GetUploadFields() {
			l.ok(w.WriteField(name, value.(string)))
		}
		part, err := w.CreateFormFile("file", "a.txt")
		l.ok(err)
		_, err = part.Write([]byte("by form"))
		l.ok(err)
		l.ok(w.Close())
		answer, err := http.Post(up.GetUploadUrl(), w.FormDataContentType(), &form)
		l.ok(err)
		answer.Body.Close()
		same(t, "status of the form", answer.StatusCode, 204)
		isStored(l, up.GetIdentifier(), "form.txt", "by form")
	})
	t.Run("method put_parts takes parts at the addresses that info gives", func(t *testing.T) {
		l := l.at(t)
		up, resp, err := files.FilesCreate(l.ctx, owner, repo).Data(request("b.txt", "put_parts")).Execute()
		l.status(resp, err, 202)
		for i, body := range []string{"one ", "two"} {
			info, resp, err := files.FilesInfo(l.ctx, owner, repo, up.GetIdentifier()).Filename("b.txt").PartNumber(int64(i + 1)).Execute()
			l.status(resp, err, 200)
			same(t, "identifier", info.GetIdentifier(), up.GetIdentifier())
			l.send("PUT", info.GetUploadUrl()+"?"+info.GetUploadQuerystring(), strings.NewReader(body), 200)
		}
		done, resp, err := files.FilesComplete(l.ctx, owner, repo, up.GetIdentifier()).Data(request("b.txt", "put_parts")).Execute()
		l.status(resp, err, 201)
		same(t, "identifier", done.GetIdentifier(), up.GetIdentifier())
		isStored(l, up.GetIdentifier(), "parts.txt", "one two")
		resp, err = files.FilesAbort(l.ctx, owner, repo, up.GetIdentifier()).Data(request("b.txt", "put_parts")).Execute()
		l.refused(resp, err, 400)
	})
	t.Run("complete wants all parts", func(t *testing.T) {
		l := l.at(t)
		up, _, err := files.FilesCreate(l.ctx, owner, repo).Data(request("c.txt", "put_parts")).Execute()
		l.ok(err)
		_, resp, err := files.FilesComplete(l.ctx, owner, repo, up.GetIdentifier()).Data(request("c.txt", "put_parts")).Execute()
		l.refused(resp, err, 400)
	})
	t.Run("an upload that was aborted is unknown", func(t *testing.T) {
		l := l.at(t)
		up, _, err := files.FilesCreate(l.ctx, owner, repo).Data(request("d.txt", "put_parts")).Execute()
		l.ok(err)
		resp, err := files.FilesAbort(l.ctx, owner, repo, up.GetIdentifier()).Data(request("d.txt", "put_parts")).Execute()
		l.status(resp, err, 204)
		_, resp, err = files.FilesInfo(l.ctx, owner, repo, up.GetIdentifier()).Filename("d.txt").Execute()
		l.refused(resp, err, 404)
	})
	t.Run("the other methods put to the address with the query", func(t *testing.T) {
		for _, method := range []string{"put", "presigned", "unsigned_put"} {
			l := l.at(t)
			up, resp, err := files.FilesCreate(l.ctx, owner, repo).Data(request("e.txt", method)).Execute()
			l.status(resp, err, 202)
			l.send("PUT", up.GetUploadUrl()+"?"+up.GetUploadQuerystring(), strings.NewReader(method), 200)
			isStored(l, up.GetIdentifier(), method+".txt", method)
		}
	})
}
