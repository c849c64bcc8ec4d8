package emulator

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestList(t *testing.T) {
	l := newLab(t, Options{})
	for i := range 7 {
		l.generic(fmt.Sprintf("f%d", i), strings.Repeat("x", 10-i))
		l.pass(time.Second)
	}
	list := func(l *lab, query string) answer { return l.do("GET", "/packages/acme/lab/?"+query, "") }

	t.Run("shows the newest first", func(t *testing.T) {
		l := l.at(t)
		if got := list(l, "").want(200).names("filename"); !slices.Equal(got, []string{"f6", "f5", "f4", "f3", "f2", "f1", "f0"}) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("pages", func(t *testing.T) {
		l := l.at(t)
		a := list(l, "page=2&page_size=3").want(200)
		if got := a.names("filename"); !slices.Equal(got, []string{"f3", "f2", "f1"}) {
			t.Errorf("got %v", got)
		}
		for name, want := range map[string]string{
			"X-Pagination-Count": "7", "X-Pagination-Page": "2", "X-Pagination-PageTotal": "3", "X-Pagination-PageSize": "3",
		} {
			if a.header.Get(name) != want {
				t.Errorf("%s is %q, want %q", name, a.header.Get(name), want)
			}
		}
		for _, rel := range []string{"first", "prev", "next", "last"} {
			if !strings.Contains(a.header.Get("Link"), `rel="`+rel+`"`) {
				t.Errorf("Link lacks %s: %s", rel, a.header.Get("Link"))
			}
		}
	})
	t.Run("can be paged by following next", func(t *testing.T) {
		l := l.at(t)
		var got []string
		for next := "/packages/acme/lab/?page_size=3&query=name:f&sort=name"; next != ""; {
			a := l.do("GET", next, "").want(200)
			got = append(got, a.names("name")...)
			next = ""
			for link := range strings.SplitSeq(a.header.Get("Link"), ", ") {
				if address, found := strings.CutSuffix(link, `>; rel="next"`); found {
					next = address[1:]
				}
			}
		}
		if !slices.Equal(got, []string{"f0", "f1", "f2", "f3", "f4", "f5", "f6"}) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("cuts large pages without a word and refuses pages after the last", func(t *testing.T) {
		l := l.at(t)
		if got := list(l, "page_size=1000").want(200).header.Get("X-Pagination-PageSize"); got != "500" {
			t.Errorf("page size %s", got)
		}
		list(l, "page=2").want(404).contains("Invalid page.")
		list(l, "page=0").want(404)
	})
	for sort, want := range map[string]string{
		"date": "f0", "-date": "f6", "size": "f6", "-size": "f0", "name": "f0", "-name": "f6", "format,size": "f6",
	} {
		t.Run("sorts by "+sort, func(t *testing.T) {
			if got := list(l.at(t), "sort="+sort).want(200).names("name"); got[0] != want {
				t.Errorf("got %v", got)
			}
		})
	}
	t.Run("does not disturb the order of creation by sorting", func(t *testing.T) {
		l := l.at(t)
		list(l, "sort=size")
		if got := list(l, "").names("name"); got[0] != "f6" || got[6] != "f0" {
			t.Errorf("got %v", got)
		}
	})
	t.Run("refuses unknown orders", func(t *testing.T) { list(l.at(t), "sort=colour").want(422).contains("sort") })
	t.Run("covers the workspace", func(t *testing.T) {
		l := l.at(t)
		perm := l.generic("copied", "x")
		l.do("POST", "/packages/acme/lab/"+perm+"/copy/", `{"destination":"other"}`).want(200)
		if got := l.do("GET", "/packages/acme/", "").want(200).names("repository"); len(got) != 9 || got[0] != "other" {
			t.Errorf("got %v", got)
		}
	})
	t.Run("lags if told so", func(t *testing.T) {
		l := newLab(t, Options{ListLag: time.Minute})
		perm := l.generic("a", "x")
		if got := l.do("GET", "/packages/acme/lab/", "").names("name"); len(got) != 0 {
			t.Errorf("got %v", got)
		}
		l.do("GET", "/packages/acme/lab/"+perm+"/", "").want(200)
		l.pass(time.Minute)
		if got := l.do("GET", "/packages/acme/lab/", "").names("name"); len(got) != 1 {
			t.Errorf("got %v", got)
		}
	})
}

func TestQuery(t *testing.T) {
	l := newLab(t, Options{SyncDelay: time.Minute})
	l.generic("a/Readme (1).txt", "readme")
	l.pass(24 * time.Hour)
	l.create("raw", l.upload("it's.bin", "it"), "name", "tools/it", "version", "1.2", "tags", "blue,green").want(201)
	l.create("raw", l.upload("long.bin", strings.Repeat("x", 2000)), "version", "1.3").want(201)
	l.pass(time.Hour)
	l.create("raw", l.upload("long.bin", "new"), "version", "2.0").want(201)

	sum := sha256Of("readme")
	for query, want := range map[string][]string{
		"":                                     {"long.bin", "long.bin", "it's.bin", "Readme (1).txt"},
		"long":                                 {"long.bin", "long.bin"},
		"name:it":                              {"it's.bin"},
		"name:^it":                             {},
		"name:^tools":                          {"it's.bin"},
		"filename:bin$":                        {"long.bin", "long.bin", "it's.bin"},
		"filename:^long.bin$":                  {"long.bin", "long.bin"},
		"filename:^LONG.bin$ version:^2.0$":    {"long.bin"},
		"filename:^it's.bin$":                  {"it's.bin"},
		"filename:^'readme (1).txt'$":          {"Readme (1).txt"},
		`filename:"^Readme (1).txt$"`:          {"Readme (1).txt"},
		"filename:(1)":                         {"Readme (1).txt"},
		"filename:long*":                       {"long.bin", "long.bin"},
		"filename:^*.txt$":                     {"Readme (1).txt"},
		"checksum:" + sum:                      {"Readme (1).txt"},
		"checksum:" + strings.ToUpper(sum):     {"Readme (1).txt"},
		"checksum:" + sum[:20]:                 {},
		"checksum:" + sha256Of("new"):          {},
		"checksum:" + sum + " format:raw":      {},
		"checksum:~" + sum:                     {"long.bin", "long.bin", "it's.bin"},
		"format:raw version:1":                 {"long.bin", "it's.bin"},
		"format:generic OR version:^2":         {"long.bin", "Readme (1).txt"},
		"format:raw AND NOT filename:long":     {"it's.bin"},
		"(tag:blue OR format:generic) name:it": {"it's.bin"},
		"name:~long":                           {"it's.bin", "Readme (1).txt"},
		"tag:green":                            {"it's.bin"},
		"size:>1000":                           {"long.bin"},
		"size:<=3 size:>2":                     {"long.bin"},
		"uploaded:>'2 hours ago'":              {"long.bin", "long.bin", "it's.bin"},
		"uploaded:<2026-01-03":                 {"Readme (1).txt"},
		"status:in_progress":                   {"long.bin"},
		"status:completed filename:long":       {"long.bin"},
		"status:failed":                        {},
		"repository:lab tag:blue":              {"it's.bin"},
		"dependency:x":                         {},
	} {
		t.Run("finds by "+query, func(t *testing.T) {
			got := l.at(t).do("GET", "/packages/acme/lab/?query="+url.QueryEscape(query), "").want(200).names("filename")
			if !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
	for _, query := range []string{"filepath:a", "(name:a", "name:a)", "size:big", "uploaded:yesterday", "NOT"} {
		t.Run("refuses "+query, func(t *testing.T) {
			l.at(t).do("GET", "/packages/acme/lab/?query="+url.QueryEscape(query), "").want(422).contains(`"query"`)
		})
	}
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"", "name:^a$", "(a OR b) NOT c", "size:>1", `x:"y`, "name:*'*", "uploaded:>'1 day ago'"} {
		f.Add(seed)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p := &pkg{format: &format{slug: "raw"}, name: "n", repo: &repo{}, files: []pkgFile{{}}}
	f.Fuzz(func(t *testing.T, text string) {
		if q, err := parseQuery(text, now); err == nil {
			q.matches(p, now)
		}
	})
}
