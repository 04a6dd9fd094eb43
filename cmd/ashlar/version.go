package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func versionVerb(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the versions of ashlar, of the plan format and of Go, and the commit",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			commit, tool := builtFrom()
			if a.json() {
				return a.writeJSON(map[string]string{"version": versionText(), "plan": plan.APIVersion,
					"commit": commit, "go": tool})
			}
			_, err := fmt.Fprintf(a.out, "ashlar %s, plan %s\ncommit %s\nbuilt with %s\n", versionText(),
				plan.APIVersion, orElse(commit, "unknown"), tool)
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

// builtFrom are the commit of the source tree, with "+dirty" where it had other
// changes, and the version and platform of Go. `go install` of a version has no source
// tree: then the commit is "".
func builtFrom() (commit, tool string) {
	tool = runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", tool
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true" && commit != "":
			commit += "+dirty" // Go writes it after the revision
		}
	}
	return commit, tool
}
