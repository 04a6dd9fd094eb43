//go:build integration

package attacks

import (
	"bufio"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/ashlar-dev/ashlar/runtime/registry" // the driver "sqlite"
	"github.com/ashlar-dev/ashlar/tests/ashlar"
)

// system is the credit example, run by the CLI.
type system struct {
	binary, dir, url, address string
	process                   *ashlar.Process
}

func running(t *testing.T) *system {
	t.Helper()
	s := &system{binary: ashlar.Build(t), dir: filepath.Join(t.TempDir(), "credit")}
	if out, err := exec.Command(s.binary, "init", s.dir, "--example", "credit").CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	var err error
	if s.process, err = ashlar.Up(s.binary, s.dir); err != nil {
		t.Fatal(err)
	}
	s.url, s.address = s.process.URL, strings.TrimPrefix(s.process.URL, "http://")
	return s
}

// ask sends a request and says what came of it: the status.
func (s *system) ask(method, path, body string, header ...string) (string, error) {
	r, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	client := http.Client{Timeout: 10 * time.Second}
	a, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	return fmt.Sprintf("%d %s", a.StatusCode, text), err
}

const halfARequest = "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{"

// crowd opens so many connections that send the beginning and no more, and
// returns how many were closed within the time.
func (s *system) crowd(n int, begin string, within time.Duration, meanwhile func()) (closed int64, err error) {
	var gone atomic.Int64
	var wg sync.WaitGroup
	for range n {
		c, err := net.Dial("tcp", s.address)
		if err != nil {
			return 0, err
		}
		defer c.Close()
		if _, err := io.WriteString(c, begin); err != nil {
			return 0, err
		}
		wg.Go(func() {
			_ = c.SetReadDeadline(time.Now().Add(within))
			if _, err := io.Copy(io.Discard, c); err == nil {
				gone.Add(1)
			}
		})
	}
	meanwhile()
	wg.Wait()
	return gone.Load(), nil
}

func (s *system) besides(begin string) func(*testing.T) (string, error) {
	return func(*testing.T) (string, error) {
		var took time.Duration
		var answer string
		var err error
		closed, cerr := s.crowd(1100, begin, 9*time.Second, func() {
			began := time.Now()
			answer, err = s.ask(http.MethodPost, "/predict", "{}", "Content-Type", "application/json")
			took = time.Since(began)
		})
		if cerr != nil || err != nil {
			return "", fmt.Errorf("%w %w", cerr, err)
		}
		if closed != 1100 || took > 3*time.Second || !strings.HasPrefix(answer, "422 ") {
			return fmt.Sprintf("%d let go, another waited %s for %s", closed, took, answer), nil
		}
		return fmt.Sprintf("others are answered and they are let go: %s for the other",
			took.Round(time.Millisecond)), nil
	}
}

func TestTheServer(t *testing.T) {
	s := running(t)
	status := func(method, path string, header ...string) func(*testing.T) (string, error) {
		return func(*testing.T) (string, error) { return s.ask(method, path, "", header...) }
	}
	Run(t, []Attack{
		{"1100 sockets that send the beginning of a body",
			"others are answered and they are let go", s.besides(halfARequest)},
		{"1100 sockets that send half a header", "others are answered and they are let go",
			s.besides("GET /health HTTP/1.1\r\nX-")},
		{"the page by a name that was rebound", "421 ", status(http.MethodGet, "/", "Host", "attacker.example")},
		{"the state by a name that was rebound", "421 ",
			status(http.MethodGet, "/state", "Host", "attacker.example:80")},
		{"a prediction by a name that was rebound", "421 ",
			status(http.MethodPost, "/predict", "Host", "127.0.0.1.attacker.example")},
		{"metrics by a name that was rebound", "421 ", status(http.MethodGet, "/metrics", "Host", "attacker.example")},
		{"a prediction for a page from elsewhere", "403 ",
			status(http.MethodPost, "/predict", "Origin", "http://attacker.example",
				"Content-Type", "application/json")},
		{"a prediction for a sandboxed page", "403 ",
			status(http.MethodPost, "/predict", "Origin", "null", "Content-Type", "text/plain")},
		{"a prediction across sites, as browsers say", "403 ",
			status(http.MethodPost, "/predict", "Sec-Fetch-Site", "cross-site")},
		{"the page of this machine", "200 ", status(http.MethodGet, "/")},
		{"an old entry of the audit log edited while the page is shown", "found", s.edited},
		{"SIGTERM while 32 clients keep asking", "no request was lost", s.terminated},
	})
}

// edited changes an entry behind the process's back and waits for the page.
func (s *system) edited(t *testing.T) (string, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, ".ashlar", "registry.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return "", err
	}
	defer db.Close()
	edit := `DROP TRIGGER IF EXISTS audit_no_update; UPDATE audit SET body = replace(body, '"action":"register"', '"action":"Register"') WHERE seq = 1;`
	if _, err := db.Exec(edit); err != nil {
		return "", err
	}
	began := time.Now()
	for time.Since(began) < 40*time.Second {
		state, err := s.ask(http.MethodGet, "/state", "")
		if err != nil {
			return "", err
		}
		if strings.Contains(state, `"whole":false`) {
			return fmt.Sprintf("found after %s", time.Since(began).Round(time.Second)), nil
		}
		time.Sleep(500 * time.Millisecond)
	}
	return "still called whole after 40s", nil
}

// terminated ends the process while clients ask on connections that they keep.
func (s *system) terminated(t *testing.T) (string, error) {
	var wg sync.WaitGroup
	var answered, lost, told atomic.Int64
	for range 32 {
		c, err := net.Dial("tcp", s.address)
		if err != nil {
			return "", err
		}
		defer c.Close()
		wg.Go(func() {
			r := bufio.NewReader(c)
			for {
				_ = c.SetDeadline(time.Now().Add(10 * time.Second))
				if _, err := io.WriteString(c, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
					lost.Add(1)
					return
				}
				a, err := http.ReadResponse(r, nil)
				if err != nil {
					lost.Add(1)
					return
				}
				_, _ = io.Copy(io.Discard, a.Body)
				answered.Add(1)
				if a.Close {
					told.Add(1)
					return
				}
			}
		})
	}
	time.Sleep(500 * time.Millisecond)
	err := s.process.Signal(syscall.SIGTERM)
	wg.Wait()
	if lost.Load() > 0 || told.Load() != 32 {
		return fmt.Sprintf("%d requests lost, %d clients told, %d answers", lost.Load(),
			told.Load(), answered.Load()), err
	}
	return fmt.Sprintf("no request was lost of %d", answered.Load()), err
}

func TestAState(t *testing.T) {
	binary, dir := ashlar.Build(t), filepath.Join(t.TempDir(), "credit")
	for _, args := range [][]string{{"init", dir, "--example", "credit"}, {"up", dir, "--build"}} {
		if out, err := exec.Command(binary, args...).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
	}
	state := filepath.Join(dir, ".ashlar")
	readable(t, filepath.Dir(filepath.Dir(dir)), binary)
	read := func(args ...string) func(*testing.T) (string, error) {
		return func(*testing.T) (string, error) {
			before, err := tree(state)
			if err != nil {
				return "", err
			}
			cmd := exec.Command(binary, append(args, "--dir", dir)...)
			cmd.Env = append(os.Environ(), "HOME=/nonexistent")
			asNobody(cmd)
			out, err := cmd.CombinedOutput()
			if err != nil {
				return fmt.Sprintf("%v: %s", err, out), nil
			}
			after, err := tree(state)
			if before != after {
				return "read, but it left something behind", err
			}
			return "read: " + strings.SplitN(string(out), "\n", 2)[0], err
		}
	}
	Run(t, []Attack{
		{"list models of a state that may not be written to", "read: ", read("model", "list")},
		{"show one of its models", "read: ", read("model", "show", "default-risk", "1")},
		{"verify its audit log", "read: the audit log is whole", read("model", "audit", "--verify")},
		{"list its runs", "read: ", read("runs", "list")},
		{"approve one of its versions", "exit status", read("model", "approve", "default-risk", "1", "--by", "nobody")},
	})
}

// tree is the names of all that is in a folder.
func tree(dir string) (string, error) {
	var out strings.Builder
	err := filepath.WalkDir(dir, func(p string, _ os.DirEntry, err error) error {
		fmt.Fprintln(&out, p)
		return err
	})
	return out.String(), err
}

// readable takes away the right to write below the folder, and lets everybody
// read.
func readable(t *testing.T, dir, binary string) {
	t.Helper()
	for d := filepath.Dir(binary); d != "/" && d != os.TempDir(); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	err := filepath.WalkDir(dir, func(p string, e os.DirEntry, err error) error {
		if err != nil || p == binary {
			return err
		}
		mode := os.FileMode(0o444)
		if e.IsDir() {
			mode = 0o555
		}
		return os.Chmod(p, mode)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = filepath.WalkDir(dir, func(p string, e os.DirEntry, _ error) error {
			if e != nil && e.IsDir() {
				return os.Chmod(p, 0o755)
			}
			return nil
		})
	})
}

// asNobody runs the command without root's right to write anywhere.
func asNobody(cmd *exec.Cmd) {
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
}
