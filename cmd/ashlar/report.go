package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/pipeline/custom"
	"github.com/ashlar-dev/ashlar/stacks/local"
)

// usageError is a wrong flag or argument.
type usageError string

// Error is the message itself.
func (e usageError) Error() string { return string(e) }

// silent is an error that has been shown already.
type silent struct{ error }

// Unwrap returns the error that has been shown.
func (s silent) Unwrap() error { return s.error }

// report shows the error once, on standard error, and returns the exit code.
// With --output json it is one JSON object on standard output.
func (a *app) report(err error) int {
	code := exitCode(err)
	if errors.As(err, new(silent)) {
		return code
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(a.err, "ashlar: interrupted; finished work is kept, and the next run continues from there")
		return code
	}
	var problems blueprints.Problems
	if a.json() {
		body := map[string]any{"message": err.Error(), "exit_code": code}
		if errors.As(err, &problems) {
			body["problems"] = problems
		}
		if werr := a.writeJSON(map[string]any{"error": body}); werr == nil {
			return code
		}
	}
	if errors.As(err, &problems) {
		for _, p := range problems {
			fmt.Fprintln(a.err, p.Coded())
		}
		more := ""
		if code := problems[0].Code; code != "" {
			more = fmt.Sprintf("; `ashlar explain %s` says more about a code", code)
		}
		fmt.Fprintf(a.err, "ashlar: %s%s\n", counted(len(problems), "problem"), more)
		return code
	}
	fmt.Fprintln(a.err, "ashlar: "+strings.TrimSpace(err.Error()))
	if outOfReach(err) {
		fmt.Fprintln(a.err, "ashlar: that is out of reach, and not wrong input: run it again when it answers")
	}
	return code
}

// exitCode sorts errors into findings (the input was judged and found wanting),
// what is out of reach, and wrong input. A panic is internal too.
func exitCode(err error) int {
	var (
		finding *pipeline.Finding
		command *custom.CommandError
		schema  *dataset.SchemaError
		pending *local.PendingError
		idle    *local.IdleError
		exited  *exec.ExitError // of a command that ours calls, with the same codes
	)
	switch {
	case errors.As(err, &finding), errors.As(err, &command), errors.As(err, &schema), errors.As(err, &pending),
		errors.As(err, &idle), errors.Is(err, errFindings):
		return plan.ExitFindings
	case errors.As(err, &exited) && exited.ExitCode() == plan.ExitInternal, outOfReach(err):
		return plan.ExitInternal
	default:
		return plan.ExitInput
	}
}

// errFindings marks findings that the verb has printed itself.
var errFindings = errors.New("findings")

// counted writes a number with its noun.
func counted(n int, noun string) string { return plan.Counted(n, noun) }
