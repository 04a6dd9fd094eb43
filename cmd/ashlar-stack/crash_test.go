package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/stacks/record"
)

// The SDK chooses the goroutine that the program and the recorder run
// on; whichever it is, a panic is a report and exit code 3.
func TestAPanicIsAReportAndExitCode3(t *testing.T) {
	switch os.Getenv("ASHLAR_TEST_PLANTED") {
	case "program": // with a context that the SDK never gives: nil
		_ = (&engineRun{}).program(nil)
		os.Exit(0)
	case "recorder":
		_, _ = record.Program(t.Context(), func(*pulumi.Context) error {
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer crash.Guard()
				panic("planted in a goroutine of the program")
			}()
			<-done
			return nil
		}, record.Run{Project: "p", Stack: "s"})
		os.Exit(0)
	}
	for _, where := range []string{"program", "recorder"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAPanicIsAReportAndExitCode3$")
		cmd.Env = append(os.Environ(), "ASHLAR_TEST_PLANTED="+where)
		said, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != plan.ExitInternal {
			t.Fatalf("%s: ended with %v, want exit code %d\n%s", where, err, plan.ExitInternal, said)
		}
		for _, want := range []string{"internal error", crash.Where, "goroutine "} {
			if !bytes.Contains(said, []byte(want)) {
				t.Errorf("%s: %q is not in\n%s", where, want, said)
			}
		}
	}
}
