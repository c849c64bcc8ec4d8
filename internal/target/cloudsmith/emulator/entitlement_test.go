package emulator

import (
	"encoding/base64"
	"strings"
	"testing"
)

func TestEntitlementTokens(t *testing.T) {
	l := newLab(t, Options{})
	perm := l.generic("a.txt", "12345")
	url := l.do("GET", "/packages/acme/lab/"+perm+"/", "").want(200).object()["cdn_url"].(string)
	list := "/entitlements/acme/lab/"
	tokens := l.do("GET", list+"?show_tokens=True", "").want(200)
	if got := tokens.names("name"); len(got) != 1 || got[0] != "Default" {
		t.Fatalf("tokens %v", got)
	}
	token, id := tokens.names("token")[0], tokens.names("slug_perm")[0]
	basic := func(password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte("token:"+password))
	}

	t.Run("are hidden unless they are asked for", func(t *testing.T) {
		l.at(t).do("GET", list+"?show_tokens=False", "").want(200).contains(`"token":"**********"`)
	})
	t.Run("download as a password and in the path", func(t *testing.T) {
		l := l.at(t)
		l.do("GET", url, "", "X-Api-Key", "", "Authorization", basic(token)).want(200).contains("12345")
		l.do("GET", strings.Replace(url, "/basic/", "/"+token+"/", 1), "", "X-Api-Key", "").want(200)
		l.do("GET", list, "").want(200).contains(`"downloads":2`, `"usage":"10 bytes"`)
	})
	t.Run("are no keys of the API", func(t *testing.T) {
		l.at(t).do("GET", "/repos/acme/", "", "X-Api-Key", token).want(401)
	})
	t.Run("do nothing once they are disabled, or for another repository", func(t *testing.T) {
		l := l.at(t)
		l.do("POST", list+id+"/disable/", "").want(204)
		l.do("GET", url, "", "X-Api-Key", "", "Authorization", basic(token)).want(404)
		other := l.do("GET", "/entitlements/acme/other/?show_tokens=True", "").want(200).names("token")[0]
		l.do("GET", url, "", "X-Api-Key", "", "Authorization", basic(other)).want(404)
	})
	t.Run("of nothing and of nobody do not exist", func(t *testing.T) {
		l := l.at(t)
		l.do("GET", "/entitlements/acme/none/", "").want(404)
		l.do("DELETE", list+"nothing/", "").want(404)
		l.do("POST", list, `{}`).want(422).contains("name")
	})
}
