package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func versionDuty(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print what this binary was built from",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			out := map[string]string{"version": "devel", "go": runtime.Version(),
				"platform": runtime.GOOS + "/" + runtime.GOARCH}
			info, ok := debug.ReadBuildInfo()
			if !ok {
				return a.print(out)
			}
			if v := info.Main.Version; v != "" && v != "(devel)" {
				out["version"] = v
			}
			for _, s := range info.Settings {
				if s.Key == "vcs.revision" {
					out["revision"] = s.Value
				}
			}
			return a.print(out)
		},
	}
}
