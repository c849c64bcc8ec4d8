//go:build conformance

package cli

import (
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

// wheel is a push of a Python package.
const wheel = "push python O conf_hello-1.0.0-py3-none-any.whl -I 0.1"

// refusedAtCreate expects a push that is refused before anything is made.
func refusedAtCreate(r *rig, command string) {
	r.t.Helper()
	r.cloudsmith(command).exits(144).says("Failed to create package!").wantFound(0, "api", "GET", "/packages/")
	r.wantPackages(1)
}

// failedSync expects a push whose package is made and then fails, and that the
// client leaves it at that.
func failedSync(r *rig, command string) {
	r.t.Helper()
	o := r.cloudsmith(command).exits(1).says("already exists", "This package should be deleted.", "Parsing Package Metadata")
	for _, post := range o.find("api", "POST", "/packages/") {
		if strings.HasSuffix(post.path, "/resync/") {
			r.t.Error("the client syncs again")
		}
	}
	all := r.wantPackages(2)
	if all[0].Status != "Completed" || all[1].Status != "Failed" {
		r.t.Errorf("packages: %+v", all)
	}
}

func TestDuplicates(t *testing.T) {
	other := emulator.Options{Duplicates: map[string]emulator.DuplicateMode{"raw": emulator.FailSync, "python": emulator.RefuseAtCreate, "generic": emulator.RefuseAtCreate}}
	const raw, generic = "push raw O hello.txt -I 0.1", "push generic O hello.txt --filepath a/b.txt -I 0.1"
	for _, tc := range []struct {
		name   string
		opts   emulator.Options
		first  string
		second func(*rig, string)
	}{
		{"D1 raw is refused at create", emulator.Options{}, raw, refusedAtCreate},
		{"D2 python fails in the sync", emulator.Options{}, wheel, failedSync},
		{"D4 raw fails in the sync if so told", other, raw, failedSync},
		{"D4 python is refused at create if so told", other, wheel, refusedAtCreate},
		{"D5 generic fails in the sync", emulator.Options{}, generic, failedSync},
		{"D5 generic is refused at create if so told", other, generic, refusedAtCreate},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, tc.opts)
			r.cloudsmith(tc.first).exits(0)
			tc.second(r, tc.first)
		})
	}
	t.Run("D3 republish replaces", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{})
		r.cloudsmith(wheel).exits(0)
		before := r.wantPackages(1)[0]
		r.cloudsmith(wheel + " --republish").exits(0)
		if after := r.wantPackages(1)[0]; after.SlugPerm == before.SlugPerm || after.Status != "Completed" {
			t.Errorf("before %+v, after %+v", before, after)
		}
	})
	t.Run("D3 republish brings new bytes", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{})
		r.cloudsmith("push raw O d1/same.txt -I 0.1").exits(0)
		r.cloudsmith("push raw O d2/same.txt -I 0.1 --republish").exits(0)
		if p := r.wantPackages(1)[0]; p.SHA256 != content(t, "d2/same.txt")["checksum_sha256"] {
			t.Errorf("%+v", p)
		}
	})
}
