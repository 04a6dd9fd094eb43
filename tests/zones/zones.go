// Package zones runs a test on machines in several time zones. A zone belongs to
// a process, so each has one of its own: to set time.Local in a running process
// would race with every goroutine that looks at a clock.
package zones

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the child's zone must not depend on what the machine has installed
)

// env names the zone that a child process is to find itself in.
const env = "ASHLAR_TEST_ZONE"

// machines are ahead of UTC, at it and behind it, with their offsets from it in
// January and July, in hours.
var machines = []struct {
	zone          string
	january, july int
}{{"UTC", 0, 0}, {"Europe/Berlin", 1, 2}, {"America/New_York", -5, -4}}

// Each runs the test in a process for each zone, as a subtest named after it. It
// must be called from the test function's own goroutine, at most once per test.
func Each(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	if os.Getenv(env) != "" {
		arrived(t)
		test(t)
		return
	}
	for _, m := range machines {
		t.Run("on a machine in "+m.zone, func(t *testing.T) {
			parent, _, _ := strings.Cut(t.Name(), "/on_a_machine_in_")
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run="+exactly(parent),
				"-test.count=1", "-test.v")
			cmd.Env = append(os.Environ(), env+"="+m.zone, "TZ="+m.zone)
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "--- PASS: "+parent) {
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
}

// exactly is the pattern of -test.run that matches the one test, subtest by subtest.
func exactly(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}

// arrived fails the test unless the process is in the zone that it was sent to.
func arrived(t *testing.T) {
	t.Helper()
	for _, m := range machines {
		if m.zone != os.Getenv(env) {
			continue
		}
		for month, want := range map[time.Month]int{time.January: m.january, time.July: m.july} {
			if _, got := time.Unix(time.Date(2026, month, 1, 0, 0, 0, 0, time.UTC).Unix(), 0).Zone(); got != want*3600 {
				t.Fatalf("in %s the process is %d s from UTC, which is not in %s", month, got, m.zone)
			}
		}
		return
	}
	t.Fatalf("no machine is in %q", os.Getenv(env))
}
