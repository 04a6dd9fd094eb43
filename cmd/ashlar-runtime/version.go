package main

import (
	"runtime"
	"runtime/debug"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

func versionDuty(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print what this binary was built from, and the formats and schemas that it works with",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			known, oldest := registry.Schemas()
			out := map[string]string{"version": "devel", "go": runtime.Version(),
				"platform":     runtime.GOOS + "/" + runtime.GOARCH,
				"plan_formats": plan.Formats(), "registry_schema": strconv.FormatInt(known, 10),
				"registry_oldest_schema": strconv.FormatInt(oldest, 10)}
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
