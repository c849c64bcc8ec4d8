package emulator

import (
	"testing"
	"time"
)

func TestQuarantinePolicy(t *testing.T) {
	l := newLab(t, Options{QuarantinePolicy: "filename:.exe$", SyncDelay: time.Minute})
	bad, good := l.generic("a.exe", "x"), l.generic("a.txt", "x")
	if got := l.status(bad)["status_str"]; got == "Quarantined" {
		t.Error("quarantined before the synchronisation is over")
	}
	l.pass(time.Hour)
	for perm, want := range map[string]string{bad: "Quarantined", good: "Completed"} {
		if got := l.status(perm)["status_str"]; got != want {
			t.Errorf("status %v, want %s", got, want)
		}
	}
	if got := l.do("GET", "/packages/acme/lab/?query=policy_violated:true", "").want(200).names("filename"); len(got) != 1 || got[0] != "a.exe" {
		t.Errorf("found %v", got)
	}
	l.do("GET", "/packages/acme/lab/"+bad+"/", "").want(200).contains(`"policy_violated":true`, `"cdn_url":null`)
	l.do("GET", "/repos/acme/lab/", "").want(200).contains(`"num_quarantined_packages":1`, `"num_policy_violated_packages":1`)
	l.do("POST", "/packages/acme/lab/"+bad+"/quarantine/", `{"release":true}`).want(200)
	if got := l.status(bad)["is_downloadable"]; got != true {
		t.Error("released and still not downloadable")
	}
	if _, err := New(Options{QuarantinePolicy: "nonsense:x"}); err == nil {
		t.Error("a policy that is no search is taken")
	}
}

func TestRetention(t *testing.T) {
	rule := func(l *lab, body string) { l.do("PATCH", "/repos/acme/lab/retention/", body).want(200) }
	left := func(l *lab) int { return len(l.Packages()) }
	t.Run("is off at the start", func(t *testing.T) {
		l := newLab(t, Options{})
		for _, name := range []string{"1", "2", "3"} {
			l.generic(name, name)
		}
		l.do("PATCH", "/repos/acme/lab/retention/", `{"retention_count_limit":1}`).want(200).contains(`"retention_enabled":false`)
		if left(l) != 3 {
			t.Errorf("%d packages left", left(l))
		}
	})
	t.Run("keeps the newest", func(t *testing.T) {
		l := newLab(t, Options{})
		rule(l, `{"retention_enabled":true,"retention_count_limit":2,"retention_days_limit":0}`)
		for _, name := range []string{"1", "2", "3"} {
			l.generic(name, name)
			l.pass(time.Second)
		}
		got := l.do("GET", "/packages/acme/lab/", "").want(200).names("filename")
		if len(got) != 2 || got[0] != "3" || got[1] != "2" {
			t.Errorf("left %v", got)
		}
	})
	t.Run("counts by group and only what the query finds", func(t *testing.T) {
		l := newLab(t, Options{})
		rule(l, `{"retention_enabled":true,"retention_count_limit":1,"retention_group_by_name":true,"retention_package_query_string":"format:raw"}`)
		for _, version := range []string{"1", "2"} {
			for _, name := range []string{"a", "b"} {
				l.create("raw", l.upload("f", name+version), "name", name, "version", version).want(201)
			}
			l.generic("g"+version, version)
		}
		if left(l) != 4 {
			t.Errorf("%d packages left, want a and b in version 2, and both generic ones", left(l))
		}
	})
	t.Run("drops what is old once it is", func(t *testing.T) {
		l := newLab(t, Options{})
		rule(l, `{"retention_enabled":true,"retention_days_limit":7}`)
		perm := l.generic("a", "a")
		l.pass(6 * 24 * time.Hour)
		l.do("GET", "/packages/acme/lab/"+perm+"/", "").want(200)
		l.pass(2 * 24 * time.Hour)
		l.do("GET", "/packages/acme/lab/"+perm+"/", "").want(404)
	})
	t.Run("keeps within a size", func(t *testing.T) {
		l := newLab(t, Options{})
		rule(l, `{"retention_enabled":true,"retention_size_limit":10}`)
		l.generic("a", "123456")
		l.generic("b", "123456")
		if left(l) != 1 {
			t.Errorf("%d packages left", left(l))
		}
	})
	t.Run("refuses numbers out of bounds", func(t *testing.T) {
		l := newLab(t, Options{})
		l.do("PATCH", "/repos/acme/lab/retention/", `{"retention_count_limit":10001,"retention_days_limit":-1,"retention_size_limit":"x"}`).
			want(422).contains("retention_count_limit", "retention_days_limit", "retention_size_limit")
	})
}
