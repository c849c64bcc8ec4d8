//go:build conformance

package cli

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/conformance/cli/fixture"
	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

// push raw O hello.txt, without waiting.
const rawPush = "push raw O hello.txt -W"

const (
	forbidden = `{"detail":"You do not have permission to perform this action."}`
	notFound  = `{"detail":"Not found."}`
	badField  = `{"detail":"Invalid input.","code":"invalid","fields":{"package_file":["This field is bad."],"non_field_errors":["nope"]}}`
)

// selfFault goes wrong on the call that whoami makes.
func selfFault(f emulator.Fault) emulator.Fault {
	f.Role, f.Method, f.Path = emulator.RoleAPI, http.MethodGet, "/user/self/"
	return f
}

// s3Fault goes wrong on a form upload, in S3's own form.
func s3Fault(status int, code string) emulator.Fault {
	return emulator.Fault{
		Role: emulator.RoleS3, Method: http.MethodPost, Times: 1, Status: status, Headers: map[string]string{"Content-Type": "application/xml"},
		Body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>` + code + `</Code><Message>from the store</Message></Error>`,
	}
}

// TestStatuses is about answers that are no success: what the client makes of
// them, and that nothing happens afterwards.
func TestStatuses(t *testing.T) {
	for _, tc := range []struct {
		name     string
		fault    emulator.Fault
		command  string
		code     int
		requests int
		says     []string
	}{
		{"F01 403 on whoami", selfFault(emulator.Fault{Times: 1, Status: 403, Body: forbidden}), "whoami", 147, 1, []string{"You do not have permission"}},
		{
			"F02 404 on a list", emulator.Fault{Method: "GET", Path: "/packages/**", Times: 1, Status: 404, Body: notFound}, "list packages O", 148, 1,
			[]string{"user/org is wrong or not visible"},
		},
		{
			"F03 422 names the fields", emulator.Fault{Path: "/packages/*/*/validate-upload/raw/", Times: 1, Status: 422, Body: badField}, rawPush, 166, 1,
			[]string{"Detail: Invalid input. nope", "Package_file Field: This field is bad."},
		},
		{"400 on validate", emulator.Fault{Path: "/files/*/*/validate/", Times: 1, Status: 400}, rawPush, 144, 2, []string{"400 - Bad Request"}},
		{"400 on create", emulator.Fault{Path: "/packages/*/*/upload/raw/", Times: 1, Status: 400}, rawPush, 144, 5, []string{"Failed to create package!", "400 - Bad Request"}},
		{"a page of HTML with 404", selfFault(emulator.Fault{Times: 1, Status: 404, HTML: true}), "whoami", 148, 1, []string{"404 - Not Found"}},
		{"a page of HTML with 400", selfFault(emulator.Fault{Times: 1, Status: 400, HTML: true}), "whoami", 144, 1, []string{"400 - Bad Request"}},
		{"F10 400 of the store", s3Fault(400, "ExpiredToken"), rawPush, 144, 4, []string{"Failed to upload file! (status: 400 - Bad Request)"}},
		{"F11 403 of the store", s3Fault(403, "AccessDenied"), rawPush, 147, 4, []string{"Failed to upload file!"}},
		{
			"F17 403 for a store that is full", emulator.Fault{Method: "POST", Path: "/files/acme/pkgs/", Times: 1, Status: 403, Body: forbidden}, rawPush, 147, 3,
			[]string{"Failed to request file upload!"},
		},
		{
			"F18 no fields crash the client", emulator.Fault{
				Method: "POST", Path: "/files/acme/pkgs/", Times: 1, Status: 202,
				Body: `{"identifier":"0000nofields","upload_url":"http://127.0.0.1:9/","upload_headers":null,"upload_querystring":null,"upload_fields":null}`,
			}, rawPush, 1, 3,
			[]string{"AttributeError"},
		},
		{"F19 402 on whoami", selfFault(emulator.Fault{Times: 1, Status: 402}), "whoami", 146, 1, []string{"402"}},
		{
			"F33 a version that is none", emulator.Fault{Path: "/status/check/basic/", Times: 1, Status: 200, Body: `{"detail":"up","version":"abc"}`},
			"check service", 1, 1,
			[]string{"abc is not valid SemVer string"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, emulator.Options{}).fault(tc.fault)
			r.cloudsmith(tc.command).exits(tc.code).sends(tc.requests).says(tc.says...).isSilentAbout("from the store")
			r.wantPackages(0)
		})
	}
}

// TestRetries is about answers that the client takes for passing trouble.
func TestRetries(t *testing.T) {
	for _, tc := range []struct {
		name     string
		fault    emulator.Fault
		command  string
		code     int
		requests int
		atLeast  time.Duration
		says     []string
	}{
		{
			"F04 429 with Retry-After", emulator.Fault{Times: 1, Status: 429, RetryAfter: "2"}, "whoami", 0, 2, 2 * time.Second,
			[]string{"Request was throttled (429): Retrying after 2 second(s) ..."},
		},
		{"F05 429 without", emulator.Fault{Times: 2, Status: 429}, "whoami", 0, 3, 2 * time.Second, nil},
		{"F06 503 three times", emulator.Fault{Times: 3, Status: 503}, "whoami", 0, 4, 6 * time.Second, nil},
		{"502 as a page of HTML", emulator.Fault{Times: 1, Status: 502, HTML: true}, "whoami", 0, 2, 0, nil},
		{
			"F07 500 for ever", emulator.Fault{Times: 50, Status: 500, Body: "<html>oops</html>"}, "whoami --error-retry-max 2", 1, 3, 2 * time.Second,
			[]string{"status: 0 - Unknown Status", "RetryError"},
		},
		{"a connection that is cut", emulator.Fault{Times: 1, AnswerLost: true}, "whoami", 0, 2, 0, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, emulator.Options{}).fault(selfFault(tc.fault))
			o := r.cloudsmith(tc.command).exits(tc.code).sends(tc.requests).says(tc.says...)
			if o.took < tc.atLeast {
				t.Errorf("took %s, want %s or more", o.took, tc.atLeast)
			}
		})
	}
}

// TestLimits is about the budget of the emulator itself.
func TestLimits(t *testing.T) {
	t.Run("a budget that is used up", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{APILimit: 2, LimitWindow: time.Hour})
		r.cloudsmith("whoami").exits(0).sends(1)
		r.cloudsmith("check rates").exits(0).sends(1).says("core")
		r.cloudsmith("whoami -R --error-retry-max 1").exits(1).sends(2).says("status: 0")
		// The window passes.
		r.pass(time.Hour)
		r.cloudsmith("whoami").exits(0).sends(1)
	})
	t.Run("F30 F31 a pause after every call, and without", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{PauseHint: 0.5})
		const pause = 500 * time.Millisecond
		if _, shortest := r.cloudsmith(rawPush + " --name slow").exits(0).pauses(); shortest < pause {
			t.Errorf("a pause of %s, want %s or more", shortest, pause)
		}
		if n, shortest := r.cloudsmith(rawPush + " --name quick -R").exits(0).pauses(); shortest >= pause {
			t.Errorf("%d pauses, none shorter than %s", n, pause)
		}
	})
	t.Run("F32 no headers about limits", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{}).fault(emulator.Fault{
			Role: emulator.RoleAPI, RemoveHeaders: []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-RateLimit-Interval"},
		})
		r.cloudsmith("whoami").exits(0).sends(1)
	})
}

// TestCreateFails is about the call that must not take effect twice.
func TestCreateFails(t *testing.T) {
	create := emulator.Fault{Path: "/packages/*/*/upload/raw/", Times: 1, Status: 500}
	t.Run("F08 before it took effect", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{}).fault(create)
		o := r.cloudsmith(rawPush + " --name e500").exits(0)
		sent := o.wantFound(2, "api", "POST", "/packages/acme/pkgs/upload/raw/")
		wantJSON(t, "the second create", sent[1].object(), sent[0].object())
		r.wantPackages(1)
	})
	t.Run("F09 after it took effect", func(t *testing.T) {
		t.Parallel()
		create := create
		create.AfterEffect = true
		r := newRig(t, emulator.Options{}).fault(create)
		o := r.cloudsmith(rawPush + " --name e500").exits(166).says("Package_file Field:")
		o.wantFound(2, "api", "POST", "/packages/acme/pkgs/upload/raw/")
		r.wantPackages(1)
	})
	t.Run("F09 with the answer lost", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{}).fault(emulator.Fault{Path: create.Path, Times: 1, AnswerLost: true})
		r.cloudsmith(rawPush + " --name lost").exits(166).says("Package_file Field:")
		r.wantPackages(1)
	})
	t.Run("F35 skipping errors hides them", func(t *testing.T) {
		t.Parallel()
		create := create
		create.Status = 422
		r := newRig(t, emulator.Options{}).fault(create)
		r.cloudsmith(rawPush + " -s").exits(0).says("Skipping error and moving on.")
		r.wantPackages(0)
	})
}

// TestStoreFails is about bytes that do not arrive.
func TestStoreFails(t *testing.T) {
	t.Run("F12 the client repeats a form without its bytes", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{IdleTimeout: 2 * time.Second}).fault(s3Fault(503, "SlowDown"))
		o := r.cloudsmith(rawPush + " --name s3retry").exits(144)
		sent := o.wantFound(2, "s3", "POST", "/")
		if sent[1].length != sent[0].length || sent[1].received != 0 {
			t.Errorf("announced %d and %d bytes, sent %d the second time", sent[0].length, sent[1].length, sent[1].received)
		}
		o.wantFound(0, "api", "POST", "/packages/acme/pkgs/upload/")
		r.wantPackages(0)
	})
	t.Run("F12b the store closes the connection instead", func(t *testing.T) {
		t.Parallel()
		none := int64(0)
		r := newRig(t, emulator.Options{}).fault(
			s3Fault(503, "SlowDown"),
			emulator.Fault{Role: emulator.RoleS3, Nth: 2, ResetRequest: &none}, emulator.Fault{Role: emulator.RoleS3, Nth: 3, ResetRequest: &none},
		)
		o := r.cloudsmith(rawPush + " --error-retry-max 2").exits(1).says("ConnectionError")
		o.wantFound(3, "s3", "POST", "/")
		r.wantPackages(0)
	})
	discard := emulator.Fault{Role: emulator.RoleS3, Method: http.MethodPost, Times: 1, DiscardBytes: true}
	t.Run("F13 a store that keeps nothing", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{}).fault(discard)
		o := r.cloudsmith("push raw O hello.txt --name lost -I 0.1").exits(1)
		if n := o.resyncs(); n != 2 {
			t.Errorf("%d resyncs, want 2", n)
		}
		if p := r.wantPackages(1)[0]; p.Status != "Failed" || p.StatusReason != "" || p.SHA256 != "" {
			t.Errorf("%+v", p)
		}
	})
	t.Run("F13b and a client that does not wait", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{}).fault(discard)
		r.cloudsmith(rawPush + " --name lost").exits(0)
		r.pass(time.Minute)
		if p := r.wantPackages(1)[0]; p.Status != "Failed" {
			t.Errorf("%+v", p)
		}
	})
	t.Run("F13c and a service that looks at create", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{StrictFiles: true}).fault(discard)
		r.cloudsmith(rawPush + " --name lost").exits(166).says("Package_file Field:")
		r.wantPackages(0)
	})
	t.Run("storage that is full", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{StorageLimit: 10})
		r.cloudsmith(rawPush).exits(0)
		r.cloudsmith(rawPush + " --name second").exits(147).says("Failed to request file upload!")
		r.wantPackages(1)
	})
	t.Run("F20 bandwidth that is used up", func(t *testing.T) {
		t.Parallel()
		r, _ := newPackage(t)
		r.fault(emulator.Fault{Role: emulator.RoleDownload, Times: 9, Status: 402})
		r.cloudsmith("download O conf-dl --outfile " + r.home + "/x -y").exits(1).says("Failed to download package: HTTP 402")
	})
	t.Run("a quota of bandwidth that is used up", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{BandwidthLimit: int64(len(fixture.Hello))})
		r.cloudsmith("push raw O hello.txt --name conf-dl -I 0.1").exits(0)
		r.cloudsmith("download O conf-dl --outfile " + r.home + "/x -y").exits(0)
		r.cloudsmith("download O conf-dl --outfile " + r.home + "/y -y").exits(1).says("Failed to download package: HTTP 402")
	})
	t.Run("a download that is corrupt goes unnoticed", func(t *testing.T) {
		t.Parallel()
		r, _ := newPackage(t)
		r.fault(emulator.Fault{Role: emulator.RoleDownload, Times: 1, CorruptResponse: true})
		r.cloudsmith("download O conf-dl --outfile " + r.home + "/x -y").exits(0)
		if data, err := os.ReadFile(r.home + "/x"); err != nil || len(data) != len(fixture.Hello) || string(data) == fixture.Hello {
			t.Errorf("%q, error %v", data, err)
		}
	})
}

// pauses counts the times between a call of the API and the next request, and
// tells the shortest. Time that the machine takes only makes them longer.
func (o outcome) pauses() (n int, shortest time.Duration) {
	for i := 1; i < len(o.requests); i++ {
		if before := o.requests[i-1]; before.role == "api" {
			gap := o.requests[i].at.Sub(before.at)
			if n == 0 || gap < shortest {
				shortest = gap
			}
			n++
		}
	}
	return n, shortest
}

// resyncs counts the resync requests.
func (o outcome) resyncs() int {
	n := 0
	for _, post := range o.find("api", "POST", "/packages/") {
		if strings.HasSuffix(post.path, "/resync/") {
			n++
		}
	}
	return n
}
