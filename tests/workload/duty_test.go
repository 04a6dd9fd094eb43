//go:build integration

package workload

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// process is a duty of the runtime that was started.
type process struct {
	cmd   *exec.Cmd
	lines chan map[string]any // of its log
	out   bytes.Buffer
	done  chan error

	mu  sync.Mutex
	log strings.Builder
}

func (p *place) start(args ...string) *process {
	p.t.Helper()
	d := &process{cmd: exec.Command(p.runtime, args...), lines: make(chan map[string]any, 10_000),
		done: make(chan error, 1)}
	d.cmd.Env = p.env
	if args[0] != "migrate" {
		d.cmd.Env = p.as(map[string]plan.Duty{"serve": plan.DutyServe, "run": plan.DutyTrain, "drift": plan.DutyTrain,
			"retain": plan.DutyRetain, "backup": plan.DutyWatch}[args[0]])
	}
	d.cmd.Stdout = &d.out
	log, err := d.cmd.StderrPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = d.cmd.Process.Kill() })
	go d.read(log)
	return d
}

func (d *process) read(log io.Reader) {
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		d.mu.Lock()
		d.log.WriteString(lines.Text() + "\n")
		d.mu.Unlock()
		var line map[string]any
		if json.Unmarshal(lines.Bytes(), &line) == nil {
			d.lines <- line
		}
	}
	close(d.lines)
	d.done <- d.cmd.Wait()
}

func (d *process) said() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.String()
}

// until waits for a line of the log that the test is looking for.
func (p *place) until(d *process, what string, is func(map[string]any) bool) map[string]any {
	p.t.Helper()
	late := time.After(2 * time.Minute)
	for {
		select {
		case line, more := <-d.lines:
			if !more {
				p.t.Fatalf("%s: it ended first:\n%s", what, d.said())
			}
			if is(line) {
				return line
			}
		case <-late:
			p.t.Fatalf("%s: not within two minutes:\n%s", what, d.said())
		}
	}
}

// message recognises a line by how its message begins.
func message(prefix string) func(map[string]any) bool {
	return func(line map[string]any) bool {
		text, _ := line["msg"].(string)
		return strings.HasPrefix(text, prefix)
	}
}

// end waits until the duty has ended, and returns its exit code; -1: killed.
func (p *place) end(d *process) int {
	p.t.Helper()
	select {
	case err := <-d.done:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			p.t.Fatal(err)
		}
		return d.cmd.ProcessState.ExitCode()
	case <-time.After(3 * time.Minute):
		p.t.Fatalf("%v does not end:\n%s", d.cmd.Args, d.said())
		return -1
	}
}

func (d *process) signal(s syscall.Signal) { _ = d.cmd.Process.Signal(s) }

// run runs a duty to its end and wants that exit code.
func (p *place) run(code int, into any, args ...string) *process {
	p.t.Helper()
	d := p.start(args...)
	if got := p.end(d); got != code {
		p.t.Fatalf("%v ended with %d, want %d:\n%s", args, got, code, d.said())
	}
	if into != nil {
		if err := json.Unmarshal(d.out.Bytes(), into); err != nil {
			p.t.Fatalf("%v printed %q: %v", args, d.out.String(), err)
		}
	}
	return d
}

// ashlar runs the CLI on the same database, as whoever decides.
func (p *place) ashlar(args ...string) string {
	p.t.Helper()
	cmd := exec.Command(p.cli, args...)
	cmd.Env = p.as(plan.DutyDecide)
	said, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("ashlar %v: %v\n%s", args, err, said)
	}
	return string(said)
}
