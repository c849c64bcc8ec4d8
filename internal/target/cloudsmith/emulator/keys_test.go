package emulator

import "testing"

func TestLogIn(t *testing.T) {
	try := func(l *lab, password string) answer {
		return l.do("POST", "/user/token/", `{"email":"`+userEmail+`","password":"`+password+`"}`, "X-Api-Key", "")
	}
	t.Run("gives the demo's key for the demo's password", func(t *testing.T) {
		l := newLab(t, Options{})
		try(l, DemoPassword).want(201).contains(DemoAPIKey)
		try(l, "wrong").want(422).contains("non_field_errors")
	})
	t.Run("gives no other key for the password that everybody knows", func(t *testing.T) {
		l := newLab(t, Options{APIKey: "secret"})
		try(l, DemoPassword).want(422)
		try(l, "").want(422)
		l = newLab(t, Options{APIKey: "secret", Password: "another"})
		try(l, "another").want(201).contains("secret")
	})
}

func TestKeys(t *testing.T) {
	l := newLab(t, Options{})
	made := l.do("POST", "/user/tokens/", "").want(201).object()
	old, id := made["key"].(string), made["slug_perm"].(string)
	l.do("GET", "/repos/acme/", "", "X-Api-Key", old).want(200)
	renewed := l.do("PUT", "/user/tokens/"+id+"/refresh/", "").want(200).object()["key"].(string)
	l.do("GET", "/repos/acme/", "", "X-Api-Key", old).want(401)
	l.do("GET", "/repos/acme/", "", "X-Api-Key", renewed).want(200)
	l.do("PUT", "/user/tokens/none/refresh/", "").want(404)
	l.do("POST", "/_emulator/reset", "").want(204)
	l.do("GET", "/repos/acme/", "", "X-Api-Key", renewed).want(401)
}
