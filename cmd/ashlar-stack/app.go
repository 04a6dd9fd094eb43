package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// inputError is what the user can put right.
type inputError struct{ error }

// Unwrap returns what is wrong.
func (e inputError) Unwrap() error { return e.error }

// run is the command line; it returns the exit code.
func run(ctx context.Context, args []string, out, errw io.Writer) (code int) {
	defer func() {
		if p := recover(); p != nil {
			_ = crash.New(p, debug.Stack(), os.Environ()).Write(errw) // there is nowhere else to say it
			code = plan.ExitInternal
		}
	}()
	root := newRoot(out, errw)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return plan.ExitOK
	}
	fmt.Fprintln(errw, "ashlar-stack: "+strings.TrimSpace(err.Error()))
	if errors.As(err, new(inputError)) || strings.HasPrefix(err.Error(), "required flag") ||
		strings.HasPrefix(err.Error(), "unknown command") {
		return plan.ExitInput
	}
	return plan.ExitInternal
}

func newRoot(out, errw io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "ashlar-stack",
		Short: "The Pulumi program of Ashlar, and its rendering to files",
		Long: `Ashlar-stack is run by ` + "`pulumi preview|up|destroy`" + ` in a folder with a Pulumi.yaml.
Its own command preview runs ` + "`pulumi preview`" + ` for what has changed alone, render
writes the same resources as files, drift compares them with a cluster, and adopt asks a
cluster which of them it has.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return inputError{errors.New("this is a Pulumi program: run `pulumi preview` in a folder with a Pulumi.yaml, or `ashlar-stack render --out DIR`")}
		},
	}
	root.SetOut(out)
	root.SetErr(errw)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return inputError{fmt.Errorf("%w\nSee '%s --help'", err, c.CommandPath())}
	})
	root.AddCommand(renderVerb(out), recordVerb(out), driftVerb(out), adoptVerb(out), previewVerb(out, errw))
	return root
}
