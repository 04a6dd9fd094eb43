package crash

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestAReportSaysWhatWhereAndWhichVersion(t *testing.T) {
	var out bytes.Buffer
	if err := New("index out of range", []byte("goroutine 7 [running]:\nmain.f()"), nil).Write(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"internal error: index out of range", Where, "version ",
		"goroutine 7 [running]", "main.f()"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

func TestAReportHoldsNoSecret(t *testing.T) {
	environ := []string{"PGPASSWORD=hunter2hunter2", "GITHUB_TOKEN=ghp_abcdef", "AWS_SECRET_ACCESS_KEY=wJalrX/UtnFEMI",
		"HOME=/home/ada", "API_KEY=no"}
	message := errors.New("dial postgres://ada:s3cr3t-pass@db:5432/a: hunter2hunter2, ghp_abcdef, wJalrX/UtnFEMI at /home/ada, no")
	var out bytes.Buffer
	if err := New(message, []byte("stack of ghp_abcdef"), environ).Write(&out); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"s3cr3t-pass", "hunter2hunter2", "ghp_abcdef", "UtnFEMI"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%s is in\n%s", secret, out.String())
		}
	}
	for _, kept := range []string{"postgres://ada:[hidden]@db:5432/a", "[PGPASSWORD]", "/home/ada"} {
		if !strings.Contains(out.String(), kept) {
			t.Errorf("%s is not in\n%s", kept, out.String())
		}
	}
}

// TestAPanicInAGoroutineEndsTheProcessWith3 runs itself as the program.
func TestAPanicInAGoroutineEndsTheProcessWith3(t *testing.T) {
	if os.Getenv("CRASH_PROGRAM") != "" {
		done := make(chan struct{})
		go func() {
			defer close(done) // whoever waits must not be first
			defer Guard()
			panic("planted in a goroutine")
		}()
		<-done
		os.Exit(0)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAPanicInAGoroutineEndsTheProcessWith3$")
	cmd.Env = append(os.Environ(), "CRASH_PROGRAM=1")
	said, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != ExitCode {
		t.Fatalf("ended with %v, want exit code %d\n%s", err, ExitCode, said)
	}
	for _, want := range []string{"internal error: planted in a goroutine", Where, "crash_test.go:"} {
		if !bytes.Contains(said, []byte(want)) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
}
