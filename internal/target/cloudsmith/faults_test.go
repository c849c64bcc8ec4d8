package cloudsmith_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/target/cloudsmith"
	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
	"github.com/longshore/longshore/stages/stage"
)

const uploadPath = "/acme/lab/*"

// putFault is f on uploads.
func putFault(f emulator.Fault) emulator.Fault {
	f.Role, f.Method, f.Path = emulator.RoleUpload, "PUT", uploadPath
	return f
}

// createFault is f on creates, listFault on lists and searches.
func createFault(f emulator.Fault) emulator.Fault {
	f.Method, f.Route = "POST", createRoute
	return f
}

func listFault(f emulator.Fault) emulator.Fault {
	f.Method, f.Route = "GET", listRoute
	return f
}

func ptr[T any](v T) *T { return &v }

// TestFaults breaks one thing at a time. Whatever the first call says, the
// deliveries after it end with one good package.
func TestFaults(t *testing.T) {
	type want struct {
		class stage.Class // of the first call; empty for success
		code  string
		gone  bool // wraps ErrClaimGone
		wait  time.Duration
		// requests that one successful flow makes at most, lists aside
		uploads, creates int64
		origin           stage.Origin
	}
	once := func(f emulator.Fault) emulator.Fault { f.Times = 1; return f }
	for name, c := range map[string]struct {
		faults []emulator.Fault
		server emulator.Options
		want   want
	}{
		"upload: 503": {
			faults: []emulator.Fault{putFault(once(emulator.Fault{Status: 503}))},
			want:   want{class: stage.Retryable, code: "unavailable", uploads: 2, creates: 1, origin: stage.OriginCreated},
		},
		"upload: 503 that asks for patience": {
			faults: []emulator.Fault{putFault(once(emulator.Fault{Status: 503, RetryAfter: "1"}))},
			want:   want{class: stage.Throttled, code: "unavailable", wait: time.Second, uploads: 2, creates: 1, origin: stage.OriginCreated},
		},
		"upload: 429": {
			faults: []emulator.Fault{putFault(once(emulator.Fault{Status: 429, RetryAfter: "1"}))},
			want:   want{class: stage.Throttled, code: "throttled", wait: time.Second, uploads: 2, creates: 1, origin: stage.OriginCreated},
		},
		"upload: HTML": {
			faults: []emulator.Fault{putFault(once(emulator.Fault{Status: 502, HTML: true}))},
			want:   want{class: stage.Retryable, code: "unavailable", uploads: 2, creates: 1, origin: stage.OriginCreated},
		},
		"upload: HTML that says success": {
			faults: []emulator.Fault{putFault(once(emulator.Fault{Status: 200, HTML: true}))},
			want:   want{uploads: 2, creates: 1, origin: stage.OriginCreated},
		},
		"upload: reset in mid-body": {
			faults: []emulator.Fault{putFault(once(emulator.Fault{ResetRequest: ptr[int64](100_000)}))},
			want:   want{uploads: 2, creates: 1, origin: stage.OriginCreated},
		},
		"upload: answer lost": {
			faults: []emulator.Fault{putFault(once(emulator.Fault{AnswerLost: true}))},
			want:   want{uploads: 2, creates: 1, origin: stage.OriginCreated},
		},
		"upload: changed on the way": {
			faults: []emulator.Fault{putFault(once(emulator.Fault{Status: 422}))},
			want:   want{class: stage.Retryable, code: "checksum", gone: true, uploads: 2, creates: 1, origin: stage.OriginCreated},
		},
		"create: 429": {
			faults: []emulator.Fault{createFault(once(emulator.Fault{Status: 429, RetryAfter: "1"}))},
			want:   want{uploads: 1, creates: 2, origin: stage.OriginCreated},
		},
		"create: 503 before the effect": {
			faults: []emulator.Fault{createFault(once(emulator.Fault{Status: 503}))},
			want:   want{class: stage.Retryable, code: "unclear", uploads: 2, creates: 2, origin: stage.OriginCreated},
		},
		"create: 502 in HTML after the effect": {
			faults: []emulator.Fault{createFault(once(emulator.Fault{Status: 502, HTML: true, AfterEffect: true}))},
			want:   want{uploads: 1, creates: 1, origin: stage.OriginAdopted},
		},
		"create: answer lost": {
			faults: []emulator.Fault{createFault(once(emulator.Fault{AnswerLost: true}))},
			want:   want{uploads: 1, creates: 1, origin: stage.OriginAdopted},
		},
		"create: answer cut": {
			faults: []emulator.Fault{createFault(once(emulator.Fault{ResetResponse: ptr[int64](20)}))},
			want:   want{uploads: 1, creates: 1, origin: stage.OriginAdopted},
		},
		"create: answer cut in an orderly way": {
			faults: []emulator.Fault{createFault(once(emulator.Fault{Truncate: ptr[int64](20)}))},
			want:   want{uploads: 1, creates: 1, origin: stage.OriginAdopted},
		},
		"create: answer lost, and the index lags a little": {
			faults: []emulator.Fault{createFault(once(emulator.Fault{AnswerLost: true, ListLag: emulator.Duration(40 * time.Millisecond)}))},
			want:   want{uploads: 1, creates: 1, origin: stage.OriginAdopted},
		},
		"create: answer lost, and looking fails": {
			faults: []emulator.Fault{
				createFault(once(emulator.Fault{AnswerLost: true})),
				listFault(emulator.Fault{Status: 500, Times: 3}),
			},
			want: want{class: stage.Retryable, code: "unclear", uploads: 1, creates: 1, origin: stage.OriginAdopted},
		},
		"create: answer too late": {
			faults: []emulator.Fault{createFault(once(emulator.Fault{Latency: emulator.Duration(700 * time.Millisecond)}))},
			// The emulator gives the request up as its peer has gone.
			want: want{class: stage.Retryable, code: "unclear", uploads: 2, creates: 2, origin: stage.OriginCreated},
		},
		"create: an upload that has expired": {
			faults: []emulator.Fault{createFault(once(emulator.Fault{Status: 422, Body: `{"detail":"Invalid input.","code":"invalid","fields":{"package_file":["gone"]}}`}))},
			want:   want{class: stage.Retryable, code: "upload-expired", uploads: 2, creates: 2, origin: stage.OriginCreated},
		},
		"status: the list is throttled, then breaks, then lies in HTML": {
			faults: []emulator.Fault{
				listFault(once(emulator.Fault{Status: 429, RetryAfter: "0"})),
				listFault(emulator.Fault{Status: 502, HTML: true, Nth: 2}),
				listFault(emulator.Fault{Status: 200, HTML: true, Nth: 3}),
				listFault(emulator.Fault{ResetResponse: ptr[int64](30), Nth: 4}),
			},
			want: want{uploads: 1, creates: 1, origin: stage.OriginCreated},
		},
		"status: the list lags behind": {
			faults: []emulator.Fault{createFault(emulator.Fault{ListLag: emulator.Duration(200 * time.Millisecond)})},
			want:   want{uploads: 1, creates: 1, origin: stage.OriginCreated},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := startEmulator(t, c.server)
			fault(t, e, c.faults...)
			target := openTarget(t, e, func(o *cloudsmith.Options) { o.Timeout = 500 * time.Millisecond })
			p := publication(generic("deep/in/there.bin"), []byte(strings.Repeat("longshore", 60_000)))

			pkg, err := target.Publish(t.Context(), p)
			if c.want.class == "" {
				if err != nil {
					t.Fatalf("error %v, want none", err)
				}
			} else {
				if err == nil {
					t.Fatalf("published as %+v, want an error", pkg)
				}
				f := stage.FailureOf(err)
				if f.Class != c.want.class || f.Code != c.want.code || errors.Is(err, stage.ErrClaimGone) != c.want.gone || stage.WaitOf(err) != c.want.wait {
					t.Errorf("error %v: class %s, code %s, wait %v", err, f.Class, f.Code, stage.WaitOf(err))
				}
				p.Doubt = true
				if pkg, err = target.Publish(t.Context(), p); err != nil {
					t.Fatalf("the second delivery: %v", err)
				}
			}
			if pkg.Origin != c.want.origin {
				t.Errorf("origin %q, want %q", pkg.Origin, c.want.origin)
			}
			s := await(t, target, pkg)
			if s.State != stage.SyncDone || s.Package.SHA256 != p.Digests.SHA256 {
				t.Errorf("ended %+v", s)
			}
			if held := e.Packages(); len(held) != 1 {
				t.Errorf("the service holds %+v", held)
			}
			stats := target.Stats()
			if n := stats.Requests[cloudsmith.KindUpload]; n != c.want.uploads {
				t.Errorf("%d uploads, want %d", n, c.want.uploads)
			}
			if n := stats.Requests[cloudsmith.KindCreate]; n != c.want.creates {
				t.Errorf("%d creates, want %d", n, c.want.creates)
			}
		})
	}
}

// TestRefusals are answers that no repetition changes.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		fault  emulator.Fault
		class  stage.Class
		code   string
		hints  []string
		says   string
		change func(*cloudsmith.Options)
	}{
		"a bad key is named though the upload host says 404": {
			change: func(o *cloudsmith.Options) { o.APIKey = "not-the-key" },
			class:  stage.Halted, code: "unauthorized", hints: []string{"CLOUDSMITH_API_KEY"},
		},
		"a missing repository is named though the upload host says 404": {
			change: func(o *cloudsmith.Options) { o.Repo = "elsewhere" },
			class:  stage.Halted, code: "no-repository", hints: []string{"--target acme/elsewhere"},
		},
		"an upload host that is another one": {
			change: func(o *cloudsmith.Options) { o.UploadHost = strings.TrimSuffix(o.UploadHost, "/upload") + "/dl" },
			class:  stage.Halted, code: "upload-host", hints: []string{"CLOUDSMITH_UPLOAD_HOST"},
		},
		"401 at create": {
			fault: createFault(emulator.Fault{Status: 401}),
			class: stage.Halted, code: "unauthorized", hints: []string{"CLOUDSMITH_API_KEY"},
		},
		"402 at create": {
			fault: createFault(emulator.Fault{Status: 402}),
			class: stage.Halted, code: "plan-limit", hints: []string{"/quota/acme/"},
		},
		"403 at the upload names both reasons": {
			fault: putFault(emulator.Fault{Status: 403}),
			class: stage.Halted, code: "forbidden", hints: []string{"may not write to acme/lab", "storage of acme is full", "/quota/acme/"},
		},
		"404 at create": {
			fault: createFault(emulator.Fault{Status: 404}),
			class: stage.Halted, code: "no-repository", hints: []string{"--target acme/lab"},
		},
		"413 at the upload": {
			fault: putFault(emulator.Fault{Status: 413}),
			class: stage.Permanent, code: "too-large", hints: []string{"multipart"},
		},
		"422 at create says which fields": {
			fault: createFault(emulator.Fault{Status: 422, Body: `{"detail":"Invalid input.","code":"invalid","fields":{"filepath":["Too long.","Too odd."],"a":["b"]}}`}),
			class: stage.Permanent, code: "refused", says: "422 Unprocessable Entity: Invalid input. (a: b; filepath: Too long. Too odd.)",
		},
		"400 at create": {
			fault: createFault(emulator.Fault{Status: 400, Body: `{"detail":"No."}`}),
			class: stage.Permanent, code: "refused", says: "400 Bad Request: No.",
		},
		"403 of a firewall is not the service's": {
			fault: createFault(emulator.Fault{Status: 418, HTML: true}),
			class: stage.Retryable, code: "unclear",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := startEmulator(t, emulator.Options{})
			if c.change == nil {
				fault(t, e, c.fault)
				c.change = func(*cloudsmith.Options) {}
			}
			target := openTarget(t, e, c.change)
			_, err := target.Publish(t.Context(), publication(generic("x/y.bin"), []byte("bytes")))
			if err == nil {
				t.Fatal("no error")
			}
			f := stage.FailureOf(err)
			if f.Class != c.class || f.Code != c.code || !strings.Contains(f.Message, c.says) {
				t.Errorf("class %s, code %s: %s", f.Class, f.Code, f.Message)
			}
			for _, h := range c.hints {
				if !strings.Contains(f.Hint, h) {
					t.Errorf("the hint %q does not name %q", f.Hint, h)
				}
			}
			if strings.Contains(f.Message+f.Hint, "not-the-key") {
				t.Error("the key is in the error")
			}
			if held := e.Packages(); len(held) != 0 {
				t.Errorf("the service holds %+v", held)
			}
		})
	}
}

func TestStatusShowsWhatTheServiceDid(t *testing.T) {
	reason := "metadata cannot be parsed"
	for name, c := range map[string]struct {
		fault  emulator.Fault
		state  stage.SyncState
		reason string
		wrong  bool // another sha256 than ours
	}{
		"fails with a reason":    {fault: createFault(emulator.Fault{Sync: &emulator.SyncFault{Fail: true, Reason: &reason}}), state: stage.SyncFailed, reason: reason},
		"fails without a reason": {fault: createFault(emulator.Fault{Sync: &emulator.SyncFault{Fail: true}}), state: stage.SyncFailed},
		"lost the bytes":         {fault: putFault(emulator.Fault{DiscardBytes: true}), state: stage.SyncFailed},
		"flipped a bit":          {fault: createFault(emulator.Fault{CorruptStored: true}), state: stage.SyncDone, wrong: true},
	} {
		t.Run(name, func(t *testing.T) {
			e := startEmulator(t, emulator.Options{})
			fault(t, e, c.fault)
			target := openTarget(t, e)
			p := publication(generic("x/y.bin"), []byte("bytes"))
			pkg, err := target.Publish(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			s := await(t, target, pkg)
			if s.State != c.state || s.Reason != c.reason {
				t.Errorf("ended %+v", s)
			}
			if c.wrong && (s.Package.SHA256 == p.Digests.SHA256 || s.Package.SHA256 == "") {
				t.Errorf("the sha256 is %q: not what the service holds", s.Package.SHA256)
			}
		})
	}
}

func TestStatusHaltsWhereNobodyMayLook(t *testing.T) {
	e := startEmulator(t, emulator.Options{})
	target := openTarget(t, e)
	pkg, err := target.Publish(t.Context(), publication(generic("x/y.bin"), []byte("bytes")))
	if err != nil {
		t.Fatal(err)
	}
	fault(t, e, listFault(emulator.Fault{Status: 401}))
	for start := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		if _, err = target.Status(t.Context(), pkg); err != nil {
			break
		}
		if time.Since(start) > 5*time.Second {
			t.Fatal("no error")
		}
	}
	if stage.ClassOf(err) != stage.Halted {
		t.Errorf("class %s of %v, want halted", stage.ClassOf(err), err)
	}
	e.ClearFaults()
	for start := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		s, err := target.Status(t.Context(), pkg)
		if err == nil && s.State == stage.SyncDone {
			return
		}
		if time.Since(start) > 5*time.Second {
			t.Fatalf("after the key was mended: %+v, %v", s, err)
		}
	}
}
