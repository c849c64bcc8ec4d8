package main

import (
	"testing"

	"github.com/longshore/longshore/internal/target/cloudsmith/emulator"
)

func TestDiffers(t *testing.T) {
	good := emulator.PackageSummary{Status: "Completed", SHA256: "aa"}
	failed := good
	failed.Status = "Failed"
	for name, tc := range map[string]struct {
		packages []emulator.PackageSummary
		want     string
	}{
		"the same":              {[]emulator.PackageSummary{good}, ""},
		"none":                  {nil, "0 packages"},
		"two":                   {[]emulator.PackageSummary{good, good}, "2 packages"},
		"one that is not ready": {[]emulator.PackageSummary{failed}, "the package's status is Failed"},
		"other bytes":           {[]emulator.PackageSummary{{Status: "Completed", SHA256: "bb"}}, "the package has SHA-256 bb, the object aa"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := differs(tc.packages, "aa"); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
