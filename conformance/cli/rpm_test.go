//go:build conformance

package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

// TestRPM is about the format whose packages the service signs.
func TestRPM(t *testing.T) {
	t.Run("the download is the same package with another signature", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, emulator.Options{})
		p := everyFormatNamed(t, "rpm")
		_, pkg := p.run(r)
		r.cloudsmith("download O " + pkg["name"].(string) + " --outfile " + r.home + "/got.rpm -y").exits(0)
		got, err := os.ReadFile(filepath.Join(r.home, "got.rpm"))
		if err != nil {
			t.Fatal(err)
		}
		if sha256Of(string(got)) != pkg["checksum_sha256"] {
			t.Error("the digest of the download is not that of the package")
		}
		local, err := os.ReadFile(filepath.Join(shared.files, p.files[0]))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(afterSignature(t, got), afterSignature(t, local)) {
			t.Error("header or payload differ")
		}
	})
	t.Run("it is kept if so told", func(t *testing.T) {
		t.Parallel()
		p := everyFormatNamed(t, "rpm")
		p.signed = false
		p.run(newRig(t, emulator.Options{KeepRPMs: true}))
	})
}

// afterSignature is header and payload of an RPM.
func afterSignature(t *testing.T, rpm []byte) []byte {
	t.Helper()
	parts := bytes.Split(rpm, []byte{0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0})
	if len(parts) != 3 {
		t.Fatalf("%d headers, want 2", len(parts)-1)
	}
	return parts[2]
}
