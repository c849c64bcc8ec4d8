package emulator

import (
	"encoding/base64"
	"net/http/httptest"
	"testing"
)

func TestAuth(t *testing.T) {
	l := newLab(t, Options{})
	basic := func(user, password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	}

	t.Run("takes the key in three ways", func(t *testing.T) {
		l := l.at(t)
		for _, h := range [][2]string{
			{"X-Api-Key", l.APIKey()},
			{"Authorization", basic("anybody", l.APIKey())},
			{"Authorization", "token " + l.APIKey()},
		} {
			a := l.do("GET", "/user/self/", "", "X-Api-Key", "", h[0], h[1]).want(200)
			if a.object()["authenticated"] != true {
				t.Errorf("%s: %s", h[0], a.body)
			}
		}
	})
	t.Run("prefers X-Api-Key to what a .netrc file adds", func(t *testing.T) {
		l := l.at(t)
		l.do("GET", "/repos/acme/", "", "Authorization", basic("u", "p")).want(200)
	})
	t.Run("says 200 to anonymous callers of user self only", func(t *testing.T) {
		l := l.at(t)
		a := l.do("GET", "/user/self/", "", "X-Api-Key", "").want(200)
		if a.object()["authenticated"] != false {
			t.Error(a.body)
		}
		l.do("GET", "/packages/acme/lab/", "", "X-Api-Key", "").want(401).contains("Authentication credentials were not provided.")
	})
	t.Run("refuses a wrong key everywhere, and a plain key as bearer", func(t *testing.T) {
		l := l.at(t)
		l.do("GET", "/user/self/", "", "X-Api-Key", "wrong").want(401).contains("Invalid token.")
		l.do("GET", "/user/self/", "", "X-Api-Key", "", "Authorization", "Bearer "+l.APIKey()).want(401)
	})
	t.Run("shows the service status to anybody", func(t *testing.T) {
		l := l.at(t)
		l.do("GET", "/status/check/basic/", "", "X-Api-Key", "wrong").want(200).contains(`"version":"1.`)
	})
	t.Run("hides the upload host from strangers", func(t *testing.T) {
		l := l.at(t)
		l.do("PUT", l.UploadURL+"/acme/lab/x", "x", "X-Api-Key", "").want(404)
		l.do("PUT", l.UploadURL+"/acme/lab/x", "x", "X-Api-Key", "wrong").want(404)
	})
	t.Run("takes a bearer if told so", func(t *testing.T) {
		l := newLab(t, Options{PlainBearer: true})
		l.do("GET", "/repos/acme/", "", "X-Api-Key", "", "Authorization", "Bearer "+l.APIKey()).want(200)
	})
}

func TestRouting(t *testing.T) {
	l := newLab(t, Options{})
	for name, path := range map[string]string{
		"with v1":                "/v1/packages/acme/lab/",
		"without v1":             "/packages/acme/lab/",
		"without the last slash": "/packages/acme/lab",
	} {
		t.Run("finds a route "+name, func(t *testing.T) { l.at(t).do("GET", path, "").want(200) })
	}
	t.Run("names the methods that are allowed", func(t *testing.T) {
		l := l.at(t)
		a := l.do("PUT", "/packages/acme/lab/", "").want(405).contains(`Method \"PUT\" not allowed.`)
		if a.header.Get("Allow") != "GET" {
			t.Errorf("Allow: %q", a.header.Get("Allow"))
		}
	})
	t.Run("knows neither other paths, owners nor repositories", func(t *testing.T) {
		l := l.at(t)
		for _, path := range []string{"/nothing/", "/packages/other/lab/", "/packages/acme/none/", "/packages/acme/lab/none/"} {
			l.do("GET", path, "").want(404).contains("Not found.")
		}
	})
	t.Run("answers for one role at the root of a listener", func(t *testing.T) {
		l := l.at(t)
		host := httptest.NewServer(l.Role(RoleUpload))
		defer host.Close()
		l.do("PUT", host.URL+"/acme/lab/a%2Fb", "x").want(200)
		if got := l.Stats().Requests["PUT /upload/{owner}/{repo}/{filename}"]; got != 1 {
			t.Errorf("counted %d", got)
		}
	})
}
