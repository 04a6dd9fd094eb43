package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// planted is a duty with a defect: in its own goroutine, or in another.
func planted(*app) *cobra.Command {
	var elsewhere bool
	c := &cobra.Command{Use: "planted", RunE: func(*cobra.Command, []string) error {
		if !elsewhere {
			panic("planted, with hunter2hunter2")
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer crash.Guard()
			panic("planted, with hunter2hunter2")
		}()
		<-done
		return nil
	}}
	c.Flags().BoolVar(&elsewhere, "goroutine", false, "")
	return c
}

func TestAPanicIsAReportAndExitCode3(t *testing.T) {
	if args := os.Getenv("ASHLAR_TEST_PLANTED"); args != "" {
		duties = append(duties, planted)
		os.Exit(run(context.Background(), strings.Fields(args), os.Getenv, io.Discard, os.Stderr))
	}
	for _, args := range []string{"planted", "planted --goroutine"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAPanicIsAReportAndExitCode3$")
		cmd.Env = append(os.Environ(), "ASHLAR_TEST_PLANTED="+args, "PGPASSWORD=hunter2hunter2")
		said, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != plan.ExitInternal {
			t.Fatalf("%s: ended with %v, want exit code %d\n%s", args, err, plan.ExitInternal, said)
		}
		for _, want := range []string{"internal error", "planted, with [PGPASSWORD]", crash.Where, "crash_test.go:"} {
			if !bytes.Contains(said, []byte(want)) {
				t.Errorf("%s: %q is not in\n%s", args, want, said)
			}
		}
		if bytes.Contains(said, []byte("hunter2")) {
			t.Errorf("%s: a password is in\n%s", args, said)
		}
	}
}
