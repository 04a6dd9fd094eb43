package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
)

// shells write the completion script of a shell. It is the list that a new shell is
// added to. The scripts call this program for the candidates: see complete.go.
var shells = map[string]func(root *cobra.Command, out io.Writer) error{
	"bash":       func(root *cobra.Command, out io.Writer) error { return root.GenBashCompletionV2(out, true) },
	"zsh":        func(root *cobra.Command, out io.Writer) error { return root.GenZshCompletion(out) },
	"fish":       func(root *cobra.Command, out io.Writer) error { return root.GenFishCompletion(out, true) },
	"powershell": func(root *cobra.Command, out io.Writer) error { return root.GenPowerShellCompletionWithDesc(out) },
}

// completionVerb replaces cobra's command of the same name, so that its errors, its
// page of the reference and its --output are like those of every verb.
func completionVerb(a *app) *cobra.Command {
	names := slices.Sorted(maps.Keys(shells))
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a script that completes command lines in your shell",
		Long: `Completion prints a script for bash, fish, powershell or zsh. With it the Tab key
completes verbs and flags, and also what the blueprint in the current folder, or in
that of --dir, declares: models, pipelines, stages, environments, rules, and the
fields of 'ashlar explain'. Versions are those of the local stack; a cluster's
registry is not asked.`,
		Example: `  source <(ashlar completion bash)
  ashlar completion zsh > "${fpath[1]}/_ashlar"
  ashlar completion fish > ~/.config/fish/completions/ashlar.fish
  ashlar completion powershell | Out-String | Invoke-Expression`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError("completion takes a shell, such as: ashlar completion bash")
			}
			script, ok := shells[args[0]]
			if !ok {
				hint := orElse(nearest.Hint(args[0], names), "there are "+strings.Join(names, ", "))
				return usageError(fmt.Sprintf("no completion for the shell %q; %s", args[0], hint))
			}
			var out bytes.Buffer
			if err := script(c.Root(), &out); err != nil {
				return fmt.Errorf("completion of %s: %w", args[0], err)
			}
			if a.json() {
				return a.writeJSON(map[string]string{"shell": args[0], "script": out.String()})
			}
			_, err := a.out.Write(out.Bytes())
			return err
		},
	}
}
