//go:build conformance

package cli

import (
	"testing"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

const (
	duplicate  = "A package with name 'hello.txt' already exists. Republishing was not enabled for this package. This package should be deleted."
	unreadable = "Could not parse package metadata"
)

// failing makes every synchronisation fail, repeated ones too.
func failing(reason string) emulator.Fault {
	return emulator.Fault{Path: "/packages/**", Method: "POST", Sync: &emulator.SyncFault{Fail: true, Reason: &reason}}
}

// TestSyncFails is about packages that are made and then found wanting.
func TestSyncFails(t *testing.T) {
	const command = "push raw O hello.txt -I 0.1"
	for _, tc := range []struct {
		name, reason, command string
		resyncs               int
		says                  []string
	}{
		{"F25 a duplicate is given up at once", duplicate, command, 0, []string{duplicate, "This is not recoverable, so stopping further attempts!"}},
		{"F27 but not with two attempts", duplicate, command + " --sync-attempts 2", 1, nil},
		{"F28 two attempts", unreadable, command + " --sync-attempts 2", 1, []string{"Attempts left: 1", "0 (giving up)"}},
		{"F29 three attempts", unreadable, command, 2, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, emulator.Options{}).fault(failing(tc.reason))
			o := r.cloudsmith(tc.command).exits(1).says(tc.says...)
			if n := o.resyncs(); n != tc.resyncs {
				t.Errorf("%d resyncs, want %d", n, tc.resyncs)
			}
			if p := r.wantPackages(1)[0]; p.StatusReason != tc.reason {
				t.Errorf("%+v", p)
			}
		})
	}
	t.Run("F26 in JSON", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{}).fault(failing(duplicate))
		out := r.cloudsmith(command + " -F json").exits(1).json()
		wantFields(t, "output", out, map[string]any{"detail": duplicate})
		meta, _ := out["meta"].(map[string]any)
		wantFields(t, "meta", meta, map[string]any{"status": "Failed", "stage": "Parsing Package Metadata"})
	})
	t.Run("a resync helps where the trouble has passed", func(t *testing.T) {
		t.Parallel()
		fault := failing(unreadable)
		fault.Path = "/packages/*/*/upload/raw/"
		r := newRig(t, emulator.Options{}).fault(fault)
		if n := r.cloudsmith(command).exits(0).resyncs(); n != 1 {
			t.Errorf("%d resyncs, want 1", n)
		}
		if p := r.wantPackages(1)[0]; p.Status != "Completed" {
			t.Errorf("%+v", p)
		}
	})
}
