package s3

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/longshore/longshore/stages/stage"
)

func answerLists(body func(r *http.Request) string) func(http.ResponseWriter, *http.Request, string) bool {
	return func(w http.ResponseWriter, r *http.Request, _ string) bool {
		fmt.Fprint(w, `<ListBucketResult>`, body(r), `</ListBucketResult>`)
		return true
	}
}

func TestKeysAreDecodedOnlyIfTheStoreEncodesThem(t *testing.T) {
	for answer, want := range map[string]string{
		`<EncodingType>url</EncodingType><Contents><Key>a+b%2Bc%25%01</Key></Contents>`: "a b+c%\x01",
		`<Contents><Key>a+b%2Bc</Key></Contents>`:                                       "a+b%2Bc",
	} {
		f, s := fake(t, Options{})
		f.intercept = answerLists(func(*http.Request) string { return answer })
		page, err := s.List(t.Context(), stage.Shard{})
		if err != nil || len(page.Objects) != 1 || page.Objects[0].Key != want {
			t.Errorf("%+v, %v, want key %q", page, err, want)
		}
	}
}

func TestCursor(t *testing.T) {
	page := func(keys ...string) (objects []stage.Object) {
		for _, k := range keys {
			objects = append(objects, stage.Object{Key: k})
		}
		return objects
	}
	for _, tc := range []struct {
		sentence string
		from     cursor
		bucket   string
		page     []stage.Object
		token    string
		want     string // "" for an error
	}{
		{"an ordered page goes on after its last key", cursor{}, "b", page("a", "b"), "t", "after:b"},
		{"so it does where the store names no token", cursor{after: "a"}, "b", page("b"), "", "after:b"},
		{"an empty page goes on by token", cursor{after: "a"}, "b", nil, "t", "token:t"},
		{"a page without order goes on by token", cursor{}, "b", page("b", "a"), "t", "token:t"},
		{"a page that lies before its cursor goes on by token", cursor{after: "c"}, "b", page("a", "b"), "t", "token:t"},
		{"a directory bucket goes on by token", cursor{}, "b--usw2-az1--x-s3", page("a", "b"), "t", "token:t"},
		{"a page behind a token goes on by token, in order or not", cursor{token: "s"}, "b", page("a", "b"), "t", "token:t"},
		{"an empty page without a token is stuck", cursor{}, "b", nil, "", ""},
		{"an empty page with the same token is stuck", cursor{token: "t"}, "b", nil, "t", ""},
	} {
		t.Run(tc.sentence, func(t *testing.T) {
			next, err := tc.from.next(tc.bucket, tc.page, tc.token)
			if (err != nil) != (tc.want == "") || next.String() != tc.want {
				t.Errorf("%q, %v", next, err)
			}
			if back, err := parseCursor(next.String()); err != nil || back != next {
				t.Errorf("%+v comes back as %+v, %v", next, back, err)
			}
		})
	}
	t.Run("a cursor of another kind is poison", func(t *testing.T) {
		if _, err := parseCursor("elsewhere"); err == nil || stage.ClassOf(err) != stage.Poison {
			t.Error(err)
		}
	})
}

func TestRepeatedPageDoesNotListForEver(t *testing.T) {
	f, s := fake(t, Options{})
	// A store that ignores both start-after and the token.
	f.intercept = answerLists(func(*http.Request) string {
		return `<IsTruncated>true</IsTruncated><NextContinuationToken>same</NextContinuationToken><Contents><Key>a</Key></Contents>`
	})
	sh := stage.Shard{}
	for range 10 {
		page, err := s.List(t.Context(), sh)
		if err != nil {
			if f := stage.FailureOf(err); f.Code != "listing-stuck" || !strings.Contains(f.Message, "s3://bucket/") {
				t.Errorf("%+v", f)
			}
			return
		}
		sh.Cursor = page.Next
	}
	t.Fatal("listed the same page ten times")
}
