package cloudsmith_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/target/cloudsmith"
	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
	"github.com/longshore/longshore/stages/stage"
)

func TestCheck(t *testing.T) {
	e := startEmulator(t, emulator.Options{})
	target := openTarget(t, e)
	a, err := target.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a.User == "" || !a.Offers("generic") || !a.Offers("raw") || a.Offers("floppy") {
		t.Errorf("got %+v", a)
	}
	if d := time.Since(a.ServerTime); d < -2*time.Second || d > 10*time.Second {
		t.Errorf("the server's time is %v", a.ServerTime)
	}
	if n := target.Stats().Total; n > 4 {
		t.Errorf("%d requests, want at most 4", n)
	}
}

// closedAddress is one where nobody listens.
func closedAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

func TestCheckNamesTheSetting(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*cloudsmith.Options)
		fault  emulator.Fault
		hint   string
	}{
		"an API host that is down":     {change: func(o *cloudsmith.Options) { o.APIHost = closedAddress(t) }, hint: "CLOUDSMITH_API_HOST"},
		"an API host of another kind":  {change: func(o *cloudsmith.Options) { o.APIHost += "/dl" }, hint: "CLOUDSMITH_API_HOST"},
		"an upload host that is down":  {change: func(o *cloudsmith.Options) { o.UploadHost = closedAddress(t) }, hint: "CLOUDSMITH_UPLOAD_HOST"},
		"a wrong key":                  {change: func(o *cloudsmith.Options) { o.APIKey = "wrong" }, hint: "CLOUDSMITH_API_KEY"},
		"a key that is taken for none": {fault: emulator.Fault{Path: "/user/self/", Status: 200, Body: `{"authenticated":false}`}, hint: "CLOUDSMITH_API_KEY"},
		"a missing repository":         {change: func(o *cloudsmith.Options) { o.Repo = "other" }, hint: "--target acme/other"},
		"a missing owner":              {change: func(o *cloudsmith.Options) { o.Owner = "other" }, hint: "--target other/lab"},
		"pages instead of answers":     {fault: emulator.Fault{Path: "/user/self/", Status: 200, HTML: true}, hint: "CLOUDSMITH_API_HOST"},
	} {
		t.Run(name, func(t *testing.T) {
			e := startEmulator(t, emulator.Options{})
			if c.change == nil {
				fault(t, e, c.fault)
				c.change = func(*cloudsmith.Options) {}
			}
			_, err := openTarget(t, e, c.change).Check(t.Context())
			if err == nil {
				t.Fatal("no error")
			}
			f := stage.FailureOf(err)
			if f.Class != stage.Halted || !strings.Contains(f.Hint, c.hint) {
				t.Errorf("class %s, hint %q of %v; want halted and %s", f.Class, f.Hint, err, c.hint)
			}
		})
	}
}

func TestCheckNeedsNeitherFormatsNorQuota(t *testing.T) {
	e := startEmulator(t, emulator.Options{})
	fault(t, e, emulator.Fault{Path: "/formats/", Status: 500}, emulator.Fault{Path: "/quota/**", Status: 402})
	a, err := openTarget(t, e).Check(t.Context())
	if err != nil || !a.Offers("generic") || a.StorageLimit != 0 {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestCheckReadsTheQuota(t *testing.T) {
	e := startEmulator(t, emulator.Options{StorageLimit: 12345})
	a, err := openTarget(t, e).Check(t.Context())
	if err != nil || a.StorageLimit != 12345 {
		t.Errorf("got %+v, %v", a, err)
	}
}
