package app

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/internal/report"
	"github.com/longshore/longshore/internal/wire"
)

// Set by the linker for releases; otherwise taken from the build information.
var (
	version = ""
	commit  = "" //nolint:gochecknoglobals // the linker has no other place
	date    = "" //nolint:gochecknoglobals // as above
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show version, commit and build",
		RunE: func(*cobra.Command, []string) error {
			if err := a.global.validate(); err != nil {
				return exitWith(exitUsage, err)
			}
			return report.Write(a.stdout, a.global.output, buildInfo())
		},
	}
}

func buildInfo() report.Version {
	v := report.Version{
		SchemaVersion: report.SchemaVersion, Version: version, Commit: commit, Date: date,
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, WireSchema: wire.Current().URN(),
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if v.Version == "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && v.Commit == "":
			v.Commit = s.Value
		case s.Key == "vcs.time" && v.Date == "":
			v.Date = s.Value
		}
	}
	return v
}
