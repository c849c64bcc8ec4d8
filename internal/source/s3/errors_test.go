package s3

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/stages/stage"
)

func TestRefusalsHaveTheirClass(t *testing.T) {
	const list, read = "list", "read"
	for _, tc := range []struct {
		about  string
		status int
		code   string
		class  stage.Class
		is     error
		want   string // code of the failure
		hint   string
	}{
		{list, 403, "AccessDenied", stage.Halted, nil, "access-denied", "s3:ListBucket"},
		{read, 403, "AccessDenied", stage.Permanent, nil, "access-denied", "s3:GetObject"},
		{list, 404, "NoSuchBucket", stage.Halted, nil, "no-bucket", "--source"},
		{read, 404, "NoSuchBucket", stage.Halted, nil, "no-bucket", "--source"},
		{read, 404, "NoSuchKey", stage.Retryable, stage.ErrNotFound, "", ""},
		{read, 404, "NoSuchVersion", stage.Retryable, stage.ErrNotFound, "", ""},
		{read, 405, "MethodNotAllowed", stage.Retryable, stage.ErrNotFound, "", ""},
		{read, 412, "PreconditionFailed", stage.Retryable, stage.ErrChanged, "", ""},
		{read, 403, "InvalidObjectState", stage.Permanent, nil, "archived", "restore"},
		{read, 403, "InvalidAccessKeyId", stage.Halted, nil, "bad-credentials", "AWS_ACCESS_KEY_ID"},
		{list, 403, "SignatureDoesNotMatch", stage.Halted, nil, "bad-signature", "AWS_SECRET_ACCESS_KEY"},
		{read, 400, "ExpiredToken", stage.Halted, nil, "expired-credentials", "AWS_SESSION_TOKEN"},
		{list, 301, "PermanentRedirect", stage.Halted, nil, "region", "AWS_REGION"},
		{read, 503, "SlowDown", stage.Throttled, nil, "slow-down", ""},
		{list, 503, "SlowDown", stage.Throttled, nil, "slow-down", ""},
		{list, 429, "Whatever", stage.Throttled, nil, "slow-down", ""},
		{read, 500, "InternalError", stage.Retryable, nil, "", ""},
		{list, 500, "InternalError", stage.Retryable, nil, "", ""},
		{read, 418, "Unheard", stage.Retryable, nil, "", ""},
	} {
		for _, size := range []int{10, 1000} {
			if tc.about == list && size > 10 {
				continue
			}
			t.Run(fmt.Sprintf("%s of %d bytes: %d %s", tc.about, size, tc.status, tc.code), func(t *testing.T) {
				f, s := fake(t, Options{Tries: 1, PartBytes: 100})
				f.put("k", noise(size))
				o := listed(t, s, "k")
				f.intercept = func(w http.ResponseWriter, r *http.Request, key string) bool {
					refuse(w, tc.status, tc.code)
					return true
				}
				var err error
				if tc.about == list {
					_, err = s.List(t.Context(), stage.Shard{})
				} else {
					_, err = s.Open(t.Context(), o)
				}
				if err == nil {
					t.Fatal("no error")
				}
				got := stage.FailureOf(err)
				if got.Class != tc.class || got.Code != tc.want || !strings.Contains(got.Hint, tc.hint) {
					t.Errorf("%+v", got)
				}
				if tc.is != nil && !errors.Is(err, tc.is) {
					t.Errorf("%v is not %v", err, tc.is)
				}
			})
		}
	}
}

func TestThrottledAnswerSaysHowLong(t *testing.T) {
	f, s := fake(t, Options{Tries: 1})
	f.put("k", noise(10))
	o := listed(t, s, "k")
	f.intercept = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		w.Header().Set("Retry-After", "7")
		refuse(w, http.StatusServiceUnavailable, "SlowDown")
		return true
	}
	if _, err := s.Open(t.Context(), o); stage.WaitOf(err) != 7*time.Second {
		t.Fatalf("%v, wait %v", err, stage.WaitOf(err))
	}
}

func TestOpenRefusesWhatCannotWork(t *testing.T) {
	for _, tc := range []struct {
		sentence, endpoint string
		opts               Options
		want               string
	}{
		{"no bucket", "http://127.0.0.1:1", Options{}, "--source"},
		{"negative options", "http://127.0.0.1:1", Options{Bucket: "b", PartBytes: -1, Tries: -1}, "Tries"},
		{"an endpoint that is no URL", "s3.example.com", Options{Bucket: "b"}, "AWS_ENDPOINT_URL_S3"},
		{"neither region nor endpoint", "", Options{Bucket: "b"}, "AWS_REGION"},
	} {
		t.Run(tc.sentence, func(t *testing.T) {
			useEndpoint(t, tc.endpoint)
			_, err := Open(t.Context(), tc.opts)
			if err == nil {
				t.Fatal("no error")
			}
			if f := stage.FailureOf(err); !strings.Contains(f.Message+f.Hint, tc.want) {
				t.Errorf("%+v does not name %s", f, tc.want)
			}
		})
	}
}

func TestPlainHTTPIsWarnedAboutUnlessLocal(t *testing.T) {
	for endpoint, warns := range map[string]bool{
		"http://127.0.0.1:9000": false, "http://localhost:9000": false, "http://[::1]:9000": false,
		"https://s3.example.com": false, "http://s3.example.com": true, "http://10.0.0.1": true,
	} {
		t.Run(endpoint, func(t *testing.T) {
			useEndpoint(t, endpoint)
			var log bytes.Buffer
			openSource(t, Options{Bucket: "b", Log: slog.New(slog.NewTextHandler(&log, nil))})
			if got := log.Len() > 0; got != warns {
				t.Errorf("warned %v: %s", got, &log)
			}
		})
	}
}
