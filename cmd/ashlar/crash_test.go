package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// planted are verbs with a defect.
func planted(*app) *cobra.Command {
	c := &cobra.Command{Use: "planted", Short: "Verbs with a defect", Example: "  ashlar planted here"}
	c.AddCommand(
		&cobra.Command{Use: "here", Short: "Panic",
			RunE: func(*cobra.Command, []string) error { panic("planted here, with ghp_0123456789") }},
		&cobra.Command{Use: "goroutine", Short: "Panic in a goroutine", RunE: func(*cobra.Command, []string) error {
			var group sync.WaitGroup
			group.Go(func() {
				defer crash.Guard()
				panic("planted in a goroutine, with ghp_0123456789")
			})
			group.Wait()
			return nil
		}},
	)
	return c
}

func withPlanted(t *testing.T) {
	whole := verbs
	verbs = append(verbs[:len(verbs):len(verbs)], planted)
	t.Cleanup(func() { verbs = whole })
}

func TestAPanicIsAReportAndExitCode3(t *testing.T) {
	withPlanted(t)
	t.Setenv("GITHUB_TOKEN", "ghp_0123456789")
	for _, output := range []string{"text", "json"} {
		var out, errw bytes.Buffer
		code := run(context.Background(), []string{"planted", "here", "--output", output},
			strings.NewReader(""), &out, &errw)
		if code != plan.ExitInternal || out.Len() > 0 {
			t.Errorf("%s: exit code %d, want %d; standard output %q", output, code, plan.ExitInternal, out.String())
		}
		wantReport(t, errw.String(), "planted here")
	}
}

func TestAPanicInAGoroutineIsAReportAndExitCode3(t *testing.T) {
	if os.Getenv("ASHLAR_TEST_PLANTED") != "" {
		withPlanted(t)
		os.Exit(run(context.Background(), []string{"planted", "goroutine"},
			strings.NewReader(""), io.Discard, os.Stderr))
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAPanicInAGoroutineIsAReportAndExitCode3$")
	cmd.Env = append(os.Environ(), "ASHLAR_TEST_PLANTED=1", "GITHUB_TOKEN=ghp_0123456789")
	said, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != plan.ExitInternal {
		t.Fatalf("ended with %v, want exit code %d\n%s", err, plan.ExitInternal, said)
	}
	wantReport(t, string(said), "planted in a goroutine")
}

// wantReport checks what a report of a defect has and has not.
func wantReport(t *testing.T, said, message string) {
	t.Helper()
	for _, want := range []string{"internal error: " + message, "defect in Ashlar", crash.Where,
		"version ", "crash_test.go:"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
	if strings.Contains(said, "ghp_0123456789") {
		t.Errorf("a token is in\n%s", said)
	}
}
