package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// server is a process that answers predictions.
type server struct {
	url  string // of POST predictions
	stop func()
}

// startOurs builds the CLI and runs the example with it, as a newcomer
// would, and returns once it answers.
func startOurs(ctx context.Context, dir string) (*server, error) {
	binary := filepath.Join(dir, "ashlar")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/ashlar")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("build the CLI: %w", err)
	}
	args := []string{"up", example, "--output", "json", "--listen", "127.0.0.1:0", "--state",
		filepath.Join(dir, "state"), "--as", "bench"}
	cmd, complaints := process(ctx, binary, args...)
	lines, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{stop: func() { interrupt(cmd) }}
	scan := bufio.NewScanner(lines)
	scan.Buffer(nil, 4<<20)
	for scan.Scan() {
		var said struct {
			Event     string
			Endpoints []struct{ URL string }
		}
		if json.Unmarshal(scan.Bytes(), &said) == nil && said.Event == "ready" && len(said.Endpoints) == 1 {
			s.url = said.Endpoints[0].URL + "/predict"
			go io.Copy(io.Discard, lines) //nolint:errcheck // what it says from now on is of no interest
			return s, nil
		}
	}
	s.stop()
	return nil, fmt.Errorf("it ended before it served: %s", complaints)
}

// startPeer starts peer.py and returns once it answers.
func startPeer(ctx context.Context, python string, workers int) (*server, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	cmd, complaints := process(ctx, python, "peer.py", strconv.Itoa(port), strconv.Itoa(workers))
	cmd.Dir = folder
	file, err := filepath.Abs(data)
	if err != nil {
		return nil, err
	}
	cmd.Env = append(os.Environ(), "CREDIT_DATA="+file, "PYTHONDONTWRITEBYTECODE=1")
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait() //nolint:errcheck // only that it ended matters; what it complained of is shown
		close(ended)
	}()
	s := &server{url: fmt.Sprintf("http://127.0.0.1:%d/predict", port), stop: func() {
		cmd.Process.Signal(os.Interrupt) //nolint:errcheck // it may have ended
		<-ended
	}}
	for {
		select {
		case <-ended:
			return nil, fmt.Errorf("it ended before it served: %s", complaints)
		case <-ctx.Done():
			<-ended
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
		if answers(ctx, fmt.Sprintf("http://127.0.0.1:%d/health", port)) {
			return s, nil
		}
	}
}

func process(ctx context.Context, name string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	return cmd, &complaints
}

func interrupt(cmd *exec.Cmd) {
	if err := cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		cmd.Process.Kill() //nolint:errcheck // nothing is left to try
	}
	cmd.Wait() //nolint:errcheck // it was told to end
}

func freePort(ctx context.Context) (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil //nolint:forcetypeassert // it is TCP
}

func answers(ctx context.Context, url string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}
