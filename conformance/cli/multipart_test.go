//go:build conformance

package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/longshore/longshore/conformance/cli/fixture"
	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

// big makes a large file among the fixtures, and removes it with the case.
func big(t *testing.T, name string, size int64) string {
	t.Helper()
	path := filepath.Join(shared.files, name)
	if err := fixture.WriteBig(path, size); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	})
	if err := shared.digests.add(shared.files, path); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestPushLarge is about files around and beyond the size of a part. The
// cases do not run side by side: the client holds a part in memory.
func TestPushLarge(t *testing.T) {
	for _, tc := range []struct {
		name     string
		size     int64
		requests int
	}{
		{"P56 one byte short of a part is a form", partSize - 1, 5},
		{"P57 a part is one part", partSize, 6},
		{"P58 more is several parts", 262_144_007, 8},
	} {
		t.Run(tc.name, func(t *testing.T) {
			file := big(t, "big.bin", tc.size)
			o, _ := push{format: "raw", args: "O " + file + " -W", files: []string{file}}.run(newRig(t, emulator.Options{}))
			o.sends(tc.requests)
		})
	}
	t.Run("F14 a part that failed is sent again", func(t *testing.T) {
		file := big(t, "big.bin", 262_144_007)
		r := newRig(t, emulator.Options{}).fault(emulator.Fault{Role: emulator.RoleUpload, Method: "PUT", Nth: 2, Status: 500})
		o := r.cloudsmith("push raw O " + file + " -W --name p500").exits(0)
		var lengths []int64
		for _, part := range o.wantFound(4, "upload", "PUT", "/") {
			lengths = append(lengths, part.received)
		}
		if lengths[1] != partSize || lengths[2] != partSize {
			t.Errorf("parts of %v bytes", lengths)
		}
		if p := r.wantPackages(1)[0]; p.SHA256 != content(t, file)["checksum_sha256"] {
			t.Errorf("stored digest %s is wrong", p.SHA256)
		}
	})
	t.Run("F15 a part that is refused ends the push", func(t *testing.T) {
		file := big(t, "big.bin", partSize)
		r := newRig(t, emulator.Options{}).fault(emulator.Fault{Role: emulator.RoleUpload, Method: "PUT", Times: 9, Status: 404})
		o := r.cloudsmith("push raw O " + file + " -W").exits(148)
		o.wantFound(1, "upload", "PUT", "/")
		o.wantFound(0, "api", "POST", "/packages/acme/pkgs/upload/")
		r.wantPackages(0)
	})
	t.Run("F16 a completion that is refused ends the push", func(t *testing.T) {
		file := big(t, "big.bin", partSize)
		r := newRig(t, emulator.Options{}).fault(emulator.Fault{Path: "/files/acme/pkgs/*/complete/", Times: 1, Status: 400})
		o := r.cloudsmith("push raw O " + file + " -W").exits(144)
		o.wantFound(0, "api", "POST", "/packages/acme/pkgs/upload/")
		r.wantPackages(0)
	})
}
