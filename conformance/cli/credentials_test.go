//go:build conformance

package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

func TestCredentials(t *testing.T) {
	t.Run("F21 a wrong key", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{})
		r.env = []string{"CLOUDSMITH_API_KEY=wrongkey"}
		r.cloudsmith("whoami").exits(145).sends(1).says("Invalid token.")
		r.cloudsmith(rawPush).exits(145).sends(1)
		r.wantPackages(0)
	})
	t.Run("F22 no key", func(t *testing.T) {
		t.Parallel()
		r := anonymous(t)
		r.cloudsmith("list packages O").exits(145).sends(1).says("Authentication credentials were not provided.")
	})
	t.Run("F23 nobody may ask who he is", func(t *testing.T) {
		t.Parallel()
		r := anonymous(t)
		r.cloudsmith("whoami").exits(1).sends(1).says("Nobody (i.e. anonymous user)")
	})
	t.Run("F24 a wrong key in JSON", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{})
		r.env = []string{"CLOUDSMITH_API_KEY=wrongkey"}
		out := r.cloudsmith("whoami -F json").exits(145).json()
		wantFields(t, "output", out, map[string]any{"detail": "Invalid token."})
		help, _ := out["help"].(map[string]any)
		if help["context"] == nil || help["hint"] == nil {
			t.Errorf("help %v", help)
		}
		wantJSON(t, "meta", out["meta"].(map[string]any), map[string]any{"code": 401.0, "description": "Unauthorized"})
	})
	t.Run("F34 the store refuses credentials of a netrc file", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{})
		r.netrc = true
		r.write(".netrc", "machine 127.0.0.1 login u password p\n")
		if err := os.Chmod(r.home+"/.netrc", 0o600); err != nil {
			t.Fatal(err)
		}
		o := r.cloudsmith(rawPush).exits(144)
		if last := o.requests[len(o.requests)-1]; last.role != "s3" || !strings.HasPrefix(last.header.Get("Authorization"), "Basic ") {
			t.Errorf("the last request is %s %s with %v", last.role, last.method, last.header)
		}
		r.wantPackages(0)
	})
	t.Run("another owner and another repository", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{})
		r.cloudsmith("list packages nobody/pkgs").exits(148)
		r.cloudsmith("push raw acme/none hello.txt -W").exits(148).sends(1)
	})
}

// anonymous is a rig whose client has no key.
func anonymous(t *testing.T) *rig {
	r := newRig(t, emulator.Options{})
	r.anonymous = true
	r.env = []string{"CLOUDSMITH_API_KEY"}
	return r
}
