package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/revision"
)

// previewOptions are the verb's flags.
type previewOptions struct {
	base, stack string
	whole       bool
}

func previewVerb(out, errw io.Writer) *cobra.Command {
	o := &previewOptions{}
	c := &cobra.Command{
		Use:   "preview [flags] [-- FLAG...]",
		Short: "Run `pulumi preview` for the blueprints that differ from a revision alone",
		Long: `Preview runs ` + "`pulumi preview`" + ` and names to it, as --target, the resources of the
blueprints whose folders have files that differ from the revision. The others are not
registered, so that one changed blueprint of a hundred is previewed in the time of one.

It previews everything where that is not enough: if a file outside of the blueprints'
folders has changed (Markdown, docs/ and .github/ do not count), a blueprint has policies of its own that have changed, another name, or is gone, or more than ` + fmt.Sprint(maxTargeted) + ` have changed.
It says which of the two it does and why. What the stack's state lacks of blueprints that
have not changed is not shown, nor is a policy of the API server that blueprints share; ` + "`pulumi up`" + ` always deploys everything.

Flags after -- are handed to pulumi.`,
		Example: `  ashlar-stack preview --stack prod --base origin/main
  ashlar-stack preview --stack prod --base origin/main -- --diff --policy-pack policies`,
		RunE: func(c *cobra.Command, args []string) error {
			if at := c.ArgsLenAtDash(); at > 0 || at < 0 && len(args) > 0 {
				return inputError{fmt.Errorf("%s: flags for pulumi stand after --", strings.Join(args, " "))}
			}
			return o.run(c.Context(), out, errw, args)
		},
	}
	c.Flags().StringVar(&o.base, "base", "HEAD", "the `REVISION` that is deployed")
	c.Flags().StringVarP(&o.stack, "stack", "s", "", "the stack (required)")
	c.Flags().BoolVar(&o.whole, "all", false, "preview everything")
	_ = c.MarkFlagRequired("stack")
	return c
}

// enginesGC is how much the engine's heap grows between collections, in percent. It reads
// and copies the whole state, whatever the preview is of: at Go's own 100, collecting was a
// fifth of the time. For a state of 50 MB it takes 570 MB and not 360.
const enginesGC = "300"

// run starts pulumi in the project's folder, which says the rest.
func (o *previewOptions) run(ctx context.Context, out, errw io.Writer, more []string) error {
	root := projectRoot("")
	args := []string{"preview", "--stack", o.stack}
	env := os.Environ()
	cfg, chosen, err := o.selected(ctx, root)
	switch {
	case err != nil:
		return err
	case chosen.why != "":
		fmt.Fprintf(errw, "previewing everything: %s\n", chosen.why)
	case len(chosen.names) == 0:
		fmt.Fprintf(errw, "no blueprint differs from %s; --all previews everything all the same\n", o.base)
		return nil
	default:
		fmt.Fprintf(errw, "previewing %s alone\n", strings.Join(chosen.names, ", "))
		args = append(args, chosen.targets(cfg)...)
		folders, err := json.Marshal(chosen.folders)
		if err != nil {
			return err
		}
		env = append(env, previewOnly+"="+string(folders))
		if os.Getenv("GOGC") == "" {
			env = append(env, "GOGC="+enginesGC)
		}
	}
	cmd := exec.CommandContext(ctx, "pulumi", append(args, more...)...)
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = root, env, os.Stdin, out, errw
	// An interrupt lets pulumi end its plugins; a kill would not.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	err = cmd.Run()
	var failed *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return inputError{errors.New("pulumi is not on PATH; install it from https://www.pulumi.com/docs/install")}
	case errors.As(err, &failed):
		return fmt.Errorf("pulumi preview: %w", err)
	}
	return err
}

// selected is what the preview is of, and the stack's config.
func (o *previewOptions) selected(ctx context.Context, root string) (config.Config, selection, error) {
	given, project := map[string]string{}, projectOf(root)
	// Of ORG/PROJECT/NAME the engine and the program see the name.
	name := o.stack[strings.LastIndexByte(o.stack, '/')+1:]
	if err := readStackFile(filepath.Join(root, "Pulumi."+name+".yaml"), given); err != nil {
		return config.Config{}, selection{}, inputError{fmt.Errorf("stack %s: %w", o.stack, err)}
	}
	given = ours(given, project)
	// The engine checks the config: what is encrypted is missing here.
	cfg, _ := config.Read(given, project, name, blueprintsKey)
	switch {
	case o.whole:
		return cfg, selection{why: "--all is given"}, nil
	case cfg.Layer == config.LayerFoundation:
		return cfg, selection{why: "a foundation has no blueprints"}, nil
	}
	at, err := revision.Open(ctx, root, o.base)
	if err != nil {
		return cfg, selection{}, inputError{fmt.Errorf("--base: %w", err)}
	}
	chosen, err := changed(ctx, root, given["ashlar:"+blueprintsKey], at)
	return cfg, chosen, err
}

// previewOnly names, as a JSON list, the folders of blueprints that a preview is of. The
// program takes it in previews only: an update would delete the others.
const previewOnly = "ASHLAR_PREVIEW_ONLY"

// previewed returns those of the blueprints' folders that the preview is of.
func previewed(root string, dirs []string, only string, dryRun bool) ([]string, error) {
	if only == "" {
		return dirs, nil
	}
	if !dryRun {
		return nil, inputError{errors.New(previewOnly + " is set, which is for previews alone: an update would delete what other blueprints have; unset it")}
	}
	var folders []string
	if err := json.Unmarshal([]byte(only), &folders); err != nil {
		return nil, inputError{fmt.Errorf("%s: want a JSON list of folders: %w", previewOnly, err)}
	}
	known := map[string]bool{}
	for _, dir := range dirs {
		known[filepath.Clean(dir)] = true
	}
	out := make([]string, len(folders))
	for i, folder := range folders {
		out[i] = filepath.Join(root, folder)
		if !known[out[i]] {
			return nil, inputError{fmt.Errorf("%s: %s is not the folder of a blueprint", previewOnly, folder)}
		}
	}
	return out, nil
}
