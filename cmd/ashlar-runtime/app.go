package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
)

// app is what every duty is given: the outside world.
type app struct {
	getenv func(string) string
	out    io.Writer
	log    *slog.Logger
	now    func() time.Time
}

// duties is the list that a new sub-command is added to.
var duties = []func(*app) *cobra.Command{serveDuty, releaseDuty, runDuty, stageDuty, finishDuty, installDuty, driftDuty,
	retainDuty, backupDuty, migrateDuty, versionDuty}

// inputError is a wrong flag, variable or plan.
type inputError struct{ error }

// Unwrap returns what is wrong.
func (e inputError) Unwrap() error { return e.error }

func run(ctx context.Context, args []string, getenv func(string) string, out, errw io.Writer) (code int) {
	log := slog.New(slog.NewJSONHandler(errw, &slog.HandlerOptions{Level: level(getenv)}))
	a := &app{getenv: getenv, out: out, log: log, now: time.Now}
	defer func() {
		if p := recover(); p != nil {
			crash.New(p, debug.Stack(), os.Environ()).Log(a.log)
			code = plan.ExitInternal
		}
	}()
	root := a.root()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errw)
	return a.report(root.ExecuteContext(ctx))
}

// level is how much is logged. A name that is none is as good as none: a log is no reason
// not to run.
func level(getenv func(string) string) slog.Level {
	var l slog.Level // info
	if err := l.UnmarshalText([]byte(getenv("ASHLAR_LOG_LEVEL"))); err != nil {
		return slog.LevelInfo
	}
	return l
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "ashlar-runtime",
		Short:         "The program inside every workload of an Ashlar blueprint",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return inputError{fmt.Errorf("%q is not a duty; there are serve, run, stage, finish, install, drift, retain, backup, migrate and version", args[0])}
			}
			return inputError{errors.New("name a duty: serve, run, stage, finish, install, drift, retain, backup, migrate or version")}
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return inputError{err} })
	for _, duty := range duties {
		root.AddCommand(duty(a))
	}
	return root
}

// report logs every problem on a line of its own and returns the exit code.
func (a *app) report(err error) int {
	code := exitCode(err)
	for _, problem := range apart(err) {
		a.log.Error("ended", "exit_code", code, "error", problem.Error())
	}
	return code
}

// apart takes joined errors apart.
func apart(err error) []error {
	if err == nil {
		return nil
	}
	var input inputError
	if errors.As(err, &input) {
		err = input.error
	}
	//nolint:errorlint // what is joined inside a wrapped error is the wrapper's to tell
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var out []error
	for _, e := range joined.Unwrap() {
		out = append(out, apart(e)...)
	}
	return out
}

func exitCode(err error) int {
	var (
		input   inputError
		finding *pipeline.Finding
		schema  *dataset.SchemaError
	)
	switch {
	case err == nil:
		return plan.ExitOK
	case errors.As(err, &finding), errors.As(err, &schema):
		return plan.ExitFindings
	case errors.As(err, &input), errors.Is(err, fs.ErrNotExist):
		return plan.ExitInput
	default:
		return plan.ExitInternal
	}
}

// print writes the result of a duty, as one line.
func (a *app) print(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	return nil
}

// noArguments refuses what is not a flag.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return inputError{fmt.Errorf("%s takes flags only, found %q", c.CommandPath(), args)}
	}
	return nil
}
