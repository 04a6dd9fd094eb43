package script

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ashlar-dev/ashlar/runtime/govern"
)

// started is the `ashlar up` that a script has going.
type started struct {
	cmd  *exec.Cmd
	done chan error
}

// up ARGS...: starts `ashlar up` on a free port, waits until it serves, and
// sets $URL. It is killed when the script ends, if down did not stop it.
func up(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("up cannot be negated; use: ! exec ashlar up")
	}
	args = append([]string{"up", "--listen", "127.0.0.1:0", "--output", "json"}, args...)
	cmd := exec.Command("ashlar", args...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "ASHLAR_USER="+ts.Getenv("ASHLAR_USER"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	s := &started{cmd: cmd, done: make(chan error, 1)}
	urls := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var e struct{ Event, URL string }
			if json.Unmarshal(lines.Bytes(), &e) == nil && e.Event == "ready" {
				urls <- e.URL
			}
		}
		close(urls)
		s.done <- cmd.Wait()
	}()
	ts.Defer(func() { _ = cmd.Process.Kill() })
	select {
	case url, ok := <-urls:
		if !ok {
			ts.Fatalf("ashlar %s ended before it served: %v", strings.Join(args, " "), <-s.done)
		}
		ts.Setenv("URL", url)
	case <-time.After(2 * time.Minute):
		ts.Fatalf("ashlar %s does not serve after two minutes", strings.Join(args, " "))
	}
	running.put(ts, s)
}

// running holds each script's process. Scripts run side by side.
var running = processes{of: map[*testscript.TestScript]*started{}}

type processes struct {
	mu sync.Mutex
	of map[*testscript.TestScript]*started
}

func (p *processes) put(ts *testscript.TestScript, s *started) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.of[ts] = s
}

func (p *processes) take(ts *testscript.TestScript) *started {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.of[ts]
	delete(p.of, ts)
	return s
}

// down [kill]: stops what up started with SIGTERM and wants a clean exit, or
// with SIGKILL and wants none.
func down(ts *testscript.TestScript, _ bool, args []string) {
	s := running.take(ts)
	if s == nil {
		ts.Fatalf("nothing is up")
	}
	kill := len(args) == 1 && args[0] == "kill"
	signal := syscall.SIGTERM
	if kill {
		signal = syscall.SIGKILL
	}
	ts.Check(s.cmd.Process.Signal(signal))
	select {
	case err := <-s.done:
		if err != nil && !kill {
			ts.Fatalf("ashlar up ended with %v", err)
		}
	case <-time.After(30 * time.Second):
		ts.Fatalf("ashlar up does not stop")
	}
}

// http [!] METHOD PATH STATUS [BODYFILE]: sends a request to $URL and writes
// the answer's body to the file "answer".
func request(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 3 {
		ts.Fatalf("usage: http METHOD PATH STATUS [BODYFILE]")
	}
	var body io.Reader
	if len(args) > 3 {
		body = strings.NewReader(ts.ReadFile(args[3]))
	}
	req, err := http.NewRequest(args[0], ts.Getenv("URL")+args[1], body)
	ts.Check(err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	answer, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	ts.Check(os.WriteFile(ts.MkAbs("answer"), answer, 0o644))
	if !strings.HasPrefix(resp.Status, args[2]) {
		ts.Fatalf("%s %s: %s, want %s\n%s", args[0], args[1], resp.Status, args[2], answer)
	}
}

// until PATH TEXT: asks PATH again and again until the answer holds TEXT.
func until(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: until PATH TEXT")
	}
	var answer []byte
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		resp, err := http.Get(ts.Getenv("URL") + args[0])
		if err != nil {
			continue
		}
		answer, _ = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if strings.Contains(string(answer), args[1]) {
			return
		}
	}
	ts.Fatalf("%s never said %q; last:\n%s", args[0], args[1], answer)
}

// edit FILE OLD NEW: replaces OLD, which must be there exactly once.
func edit(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: edit FILE OLD NEW")
	}
	text := ts.ReadFile(args[0])
	if n := strings.Count(text, args[1]); n != 1 {
		ts.Fatalf("%s holds %q %d times", args[0], args[1], n)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, args[1], args[2], 1)), 0o644))
}

// forge edits a piece of evidence and has the pin name the digest that it has then:
// forge EVIDENCE PINS OLD NEW.
func forge(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: forge EVIDENCE PINS OLD NEW")
	}
	digest := func() string {
		_, d, err := govern.DecodePromotion(strings.NewReader(ts.ReadFile(args[0])))
		ts.Check(err)
		return d
	}
	before := digest()
	edit(ts, false, []string{args[0], args[2], args[3]})
	edit(ts, false, []string{args[1], before, digest()})
}
