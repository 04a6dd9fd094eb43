//go:build unix

package command

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/confine"
)

func spec(lines ...string) Spec {
	return Spec{Lines: lines, Env: []string{"PATH=" + os.Getenv("PATH")}, Grace: 200 * time.Millisecond}
}

func TestLinesRunInOrderUntilOneFails(t *testing.T) {
	s := spec("echo one", "echo two >&2", "exit 3", "echo four")
	s.Dir = t.TempDir()
	var out bytes.Buffer
	s.Output = &out
	_, err := Run(context.Background(), s)
	var failed *Error
	if !errors.As(err, &failed) || failed.Code != 3 || failed.Line != "exit 3" {
		t.Errorf("got %v", err)
	}
	if out.String() != "one\ntwo\n" {
		t.Errorf("printed %q", out.String())
	}
}

func TestTheEnvironmentIsTheSpecsOwn(t *testing.T) {
	t.Setenv("A_SECRET", "hidden")
	s := spec(`test -z "$A_SECRET" && test "$X" = "a b"`)
	s.Env = append(s.Env, "X=a b")
	if _, err := Run(context.Background(), s); err != nil {
		t.Error(err)
	}
}

// alive reports whether the process is there and not merely unwaited for.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || !bytes.Contains(b, []byte(") Z "))
}

func TestTheWholeGroupEnds(t *testing.T) {
	for name, c := range map[string]struct {
		line    string
		timeout time.Duration
		want    string
	}{
		"at the timeout": {"trap '' TERM; sleep 60 & echo $! > pid; wait; sleep 60",
			300 * time.Millisecond, "took longer than its timeout of 300ms"},
		"when the line left something": {"sleep 60 >/dev/null 2>&1 & echo $! > pid", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := spec(c.line)
			s.Dir, s.Timeout = t.TempDir(), c.timeout
			_, err := Run(context.Background(), s)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			b, err := os.ReadFile(filepath.Join(s.Dir, "pid"))
			if err != nil {
				t.Fatal(err)
			}
			pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
			if err != nil {
				t.Fatal(err)
			}
			for range 50 {
				if !alive(pid) {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
			t.Errorf("process %d is still there", pid)
		})
	}
}

func TestCancellingIsTold(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(100*time.Millisecond, cancel)
	_, err := Run(ctx, spec("sleep 60"))
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "was cancelled") {
		t.Errorf("got %v", err)
	}
}

// A command may be cancelled while it starts, before it is known which processes
// are its own.
func TestACommandThatIsCancelledAsItStartsEnds(t *testing.T) {
	for i := range 60 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%12)*500*time.Microsecond)
		s := spec("sleep 60")
		s.Policy = &confine.Policy{}
		began := time.Now()
		_, err := Run(ctx, s)
		cancel()
		if took := time.Since(began); err == nil || took > 5*time.Second {
			t.Fatalf("%v after %s", err, took)
		}
	}
}

func TestAFailureOfTheCommandIsNotTakenForACancel(t *testing.T) {
	_, err := Run(context.Background(), spec("kill -9 $$"))
	var failed *Error
	if !errors.As(err, &failed) || !strings.Contains(failed.Reason, "signal killed") {
		t.Errorf("got %v", err)
	}
}

func TestMemoryIsLimited(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the resident size of a group is known on Linux only")
	}
	s := spec(`x=0123456789abcdef; while :; do x="$x$x"; done`)
	s.Memory = 64 << 20
	s.Timeout = 30 * time.Second
	_, err := Run(context.Background(), s)
	if err == nil || !strings.Contains(err.Error(), "more than its limit of 64 MiB") {
		t.Errorf("got %v", err)
	}
}

func TestMemoryIsThatOfAllProcessesTogether(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the resident size of a group is known on Linux only")
	}
	// Each waits until all have their memory, however slow the machine is, and is not
	// replaced by its last command.
	s := spec(`cd '` + t.TempDir() + `'; for i in 1 2 3; do (x=0123456789abcdef
while [ ${#x} -lt 30000000 ]; do x="$x$x"; done; : > ready$i
while [ ! -e ready1 ] || [ ! -e ready2 ] || [ ! -e ready3 ]; do sleep 0.05; done; sleep 2; :) & done; wait`)
	used, err := Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if used.Memory < 3*33_000_000 {
		t.Errorf("three processes of 33 MB and more held %d bytes", used.Memory)
	}
}

// Where a cgroup holds the limit, the kernel ends single processes, and a shell that
// waits for them may end well.
func TestMemoryIsLimitedInTheBackgroundToo(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the resident size of a group is known on Linux only")
	}
	for range 8 {
		s := spec(`for i in 1 2 3 4; do (sh -c 'x=0123456789abcdef; while [ ${#x} -lt 30000000 ]; do x="$x$x"; done; sleep 2') & done; wait; sleep 0.3`)
		s.Memory, s.Timeout = 64<<20, 30*time.Second
		_, err := Run(t.Context(), s)
		if err == nil || !strings.Contains(err.Error(), "more than its limit of 64 MiB") {
			t.Errorf("got %v", err)
		}
	}
}

func TestALogKeepsBothEnds(t *testing.T) {
	var lines []string
	l := NewLog(100, func(line string) { lines = append(lines, line) })
	for i := range 1000 {
		if _, err := l.Write([]byte("line " + strconv.Itoa(i) + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	got := string(l.Bytes())
	if !strings.HasPrefix(got, "line 0\n") || !strings.HasSuffix(got, "line 999\n") ||
		!strings.Contains(got, "bytes are left out here") || len(got) > 160 {
		t.Errorf("kept %q", got)
	}
	if tail := l.Tail(2); len(tail) != 2 || tail[1] != "line 999" {
		t.Errorf("tail %q", tail)
	}
	if len(lines) != 1000 || lines[7] != "line 7" {
		t.Errorf("watched %d lines", len(lines))
	}
}

func TestALogWithinItsLimitIsWhole(t *testing.T) {
	l := NewLog(1<<10, nil)
	want := strings.Repeat("0123456789", 100)
	for at := 0; at < len(want); at += 7 {
		_, _ = l.Write([]byte(want[at:min(at+7, len(want))]))
	}
	if got := string(l.Bytes()); got != want {
		t.Errorf("kept %d bytes, want all %d", len(got), len(want))
	}
}

func TestATailDoesNotSteerATerminal(t *testing.T) {
	l := NewLog(1<<10, nil)
	_, _ = l.Write([]byte("\x1b[31mred\x1b[0m \xff\n10%\r50%\r100%\r\nlast"))
	if got := l.Tail(3); len(got) != 3 || strings.ContainsAny(strings.Join(got, ""), "\x1b\r") ||
		got[1] != "100%" || got[2] != "last" {
		t.Errorf("tail %q", got)
	}
}
