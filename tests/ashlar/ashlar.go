// Package ashlar builds the CLI once and runs it for the black-box tests, as
// the program that a user has.
package ashlar

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Build makes the binary in a folder of the test and returns its path.
func Build(t testing.TB) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "ashlar")
	cmd := exec.Command("go", "build", "-o", binary, "github.com/ashlar-dev/ashlar/cmd/ashlar")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build ashlar: %v\n%s", err, out)
	}
	return binary
}

// Process is an `ashlar up` that was started.
type Process struct {
	URL  string
	cmd  *exec.Cmd
	done chan error
}

// Up starts `ashlar up` on a free port and returns once it serves, or errs when
// it ends before that or takes longer than two minutes.
func Up(binary, dir string, args ...string) (*Process, error) {
	p := Start(binary, dir, args...)
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	urls := make(chan string, 1)
	go func() {
		defer close(urls)
		lines := bufio.NewReader(out)
		for {
			line, err := lines.ReadBytes('\n')
			var e struct{ Event, URL string }
			if json.Unmarshal(line, &e) == nil && e.Event == "ready" {
				urls <- e.URL
			}
			if err != nil {
				p.done <- p.cmd.Wait()
				return
			}
		}
	}()
	select {
	case url, ok := <-urls:
		if !ok {
			return nil, fmt.Errorf("ashlar up ended before it served: %w", <-p.done)
		}
		p.URL = url
		return p, nil
	case <-time.After(2 * time.Minute):
		_ = p.cmd.Process.Kill()
		return nil, fmt.Errorf("ashlar up does not serve after two minutes")
	}
}

// Start prepares `ashlar up` without waiting for anything.
func Start(binary, dir string, args ...string) *Process {
	p := &Process{done: make(chan error, 1)}
	p.cmd = exec.Command(binary, append([]string{"up", dir, "--listen", "127.0.0.1:0", "--output", "json"}, args...)...)
	p.cmd.Stderr = os.Stderr
	return p
}

// Stop ends it with SIGTERM and returns what it ended with.
func (p *Process) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-p.done:
		return err
	case <-time.After(30 * time.Second):
		_ = p.cmd.Process.Kill()
		return fmt.Errorf("ashlar up does not stop")
	}
}

// Signal sends a signal to the process.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// KillAfter runs it and sends SIGKILL after the time, if it still runs then.
// It reports whether it was killed.
func (p *Process) KillAfter(d time.Duration) (bool, error) {
	p.cmd.Stdout, p.cmd.Stderr = io.Discard, io.Discard
	if err := p.cmd.Start(); err != nil {
		return false, err
	}
	timer := time.AfterFunc(d, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	err := p.cmd.Wait()
	state, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && state.Signaled() {
		return true, nil
	}
	return false, err
}
