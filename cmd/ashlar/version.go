package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func versionVerb(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the versions of ashlar and of the plan format",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if a.json() {
				return a.writeJSON(map[string]string{"version": versionText(), "plan": plan.APIVersion})
			}
			_, err := fmt.Fprintf(a.out, "ashlar %s, plan %s\n", versionText(), plan.APIVersion)
			return err
		},
	}
}

// versionText is what this binary was built from.
func versionText() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
