// Package pyfunc is a proxy for a model that only somebody else's code can score:
// it starts that code's server, keeps it up, and asks it by MLflow's scoring
// protocol (POST /invocations with dataframe_split, GET /ping), which `mlflow
// models serve` and a page of Python both speak.
//
// The server is this process's child: it listens on the loopback alone, gets an
// environment without our credentials, and ends with us. Requests are checked,
// counted and watched for drift before and after it as for any model, so what is
// behind it need do nothing but predict.
package pyfunc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/artifact"
	"github.com/ashlar-dev/ashlar/runtime/command"
	"github.com/ashlar-dev/ashlar/runtime/confine"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/runtime/tracing"
)

// Bounds of the server's life and of its answers.
const (
	readyWithin = 2 * time.Minute
	callWithin  = 30 * time.Second
	maxAnswer   = 64 << 20
	maxLog      = 1 << 20
	restart     = time.Second // before it is started again, at first
)

// Config is what Start needs. Store is required.
type Config struct {
	Store   *store.Store
	TempDir string
	Getenv  func(string) string // nil: no environment but a PATH
	Confine confine.Policy      // what the server may do; it may change its own folder too
	Memory  int64               // bytes that its processes may hold together; 0: no limit
}

// Process is a server that runs. It is safe for concurrent use.
type Process struct {
	dir    string
	url    string
	client *http.Client
	cancel context.CancelFunc
	done   chan struct{}
	log    *command.Log

	mu   sync.Mutex
	err  error // why it does not run, when it does not
	held confine.Report
}

// Confinement is what holds the server, and what this machine cannot prevent of
// it.
func (p *Process) Confinement() confine.Report {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.held
}

// holds notes what holds the server that has just been started.
func (p *Process) holds(r confine.Report) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = r
}

// Start lays the model's artifact down, starts its server and waits until it
// answers. Stop ends it. A server that ends by itself is started again.
//
// ctx bounds the start alone; the process lives until Stop. After an error nothing
// is left, neither process nor folder.
func Start(ctx context.Context, m *model.Model, cfg Config) (*Process, error) {
	if m.Remote == nil {
		return nil, errors.New("pyfunc: the model scores by itself")
	}
	dir, err := os.MkdirTemp(cfg.TempDir, "ashlar-pyfunc-*")
	if err != nil {
		return nil, fmt.Errorf("pyfunc: %w", err)
	}
	p := &Process{dir: dir, client: &http.Client{Timeout: callWithin}, done: make(chan struct{}),
		log: command.NewLog(maxLog, nil)}
	work := filepath.Join(dir, "work")
	a := artifact.Artifact{Digest: m.Remote.Artifact, Dir: m.Remote.Dir}
	if err := artifact.Lay(ctx, cfg.Store, a, filepath.Join(work, filepath.FromSlash(m.Remote.Path))); err != nil {
		return nil, errors.Join(fmt.Errorf("pyfunc: artifact: %w", err), os.RemoveAll(dir))
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	p.url = "http://127.0.0.1:" + strconv.Itoa(port)
	// The caller's deadline is about starting, but its values, such as those of
	// traces, stay.
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p.cancel = cancel
	go p.keep(life, command.Spec{
		Lines: m.Remote.Serve, Dir: work, Env: environ(cfg, dir, port), Output: p.log, Grace: 5 * time.Second,
		Policy: policy(cfg, dir), Held: p.holds, Memory: cfg.Memory,
	})
	if err := p.ready(ctx); err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

// policy is what the server may do.
// It may change its own folder, and reads neither the store nor the folders of other
// servers, which lie beside its own.
func policy(cfg Config, dir string) *confine.Policy {
	base := cfg.Confine
	base.Path = pathOf(cfg)
	var closed []string
	for _, c := range []string{cfg.TempDir, cfg.Store.Folder()} {
		if c != "" {
			closed = append(closed, c)
		}
	}
	return base.For([]string{dir}, closed...)
}

// environ is the server's whole environment.
// HOME and TMPDIR are the server's own folder, so that caches of libraries go with
// it. PORT and HOST are what "serve" lines use.
func environ(cfg Config, dir string, port int) []string {
	return []string{
		"PATH=" + pathOf(cfg), "HOME=" + dir, "TMPDIR=" + dir, "LANG=C.UTF-8", "PYTHONUNBUFFERED=1",
		"PYTHONDONTWRITEBYTECODE=1",
		"HOST=127.0.0.1", "PORT=" + strconv.Itoa(port),
	}
}

// pathOf is the PATH to find the server's programs by.
func pathOf(cfg Config) string {
	if cfg.Getenv != nil {
		if v := cfg.Getenv("PATH"); v != "" {
			return v
		}
	}
	return "/usr/local/bin:/usr/bin:/bin"
}

// The ports that servers are given are below those that operating systems hand out
// to whoever asks for any: between our looking and the server's listening nobody
// else would get it, and answer in its place.
const (
	firstPort = 20_000
	lastPort  = 30_000
)

// freePort returns a port of the loopback that nobody listens on at the moment. A
// random one, so that two servers started at once rarely look at the same.
func freePort(ctx context.Context) (int, error) {
	var lc net.ListenConfig
	var err error
	for range 100 {
		port := firstPort + rand.IntN(lastPort-firstPort) //nolint:gosec // no secret
		var l net.Listener
		if l, err = lc.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("pyfunc: a port of the loopback: %w", err)
}

// keep runs the server until the context is done, with longer and longer waits
// after it has ended.
//
// The first wait is a second and doubles up to a minute. It does not go back after a
// long life: a server that crashes once a day should not be restarted in a loop
// when it begins to crash at once.
func (p *Process) keep(ctx context.Context, spec command.Spec) {
	defer close(p.done)
	defer crash.Guard()
	for wait := restart; ctx.Err() == nil; wait = min(2*wait, time.Minute) {
		_, err := command.Run(ctx, spec)
		if err == nil {
			err = errors.New("it ended without being asked to")
		}
		p.mu.Lock()
		p.err = err
		p.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// ready waits until the server answers, or has ended.
// A server that has ended is not waited for, even though keep starts it again: at
// this point it is more likely wrong than unlucky.
func (p *Process) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/ping", nil)
		if err != nil {
			return err
		}
		answer, err := p.client.Do(req)
		if err == nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<10)) // nothing of it is needed
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
			err = fmt.Errorf("GET /ping answers %s", answer.Status)
		}
		p.mu.Lock()
		ended := p.err
		p.mu.Unlock()
		if ended != nil {
			return p.told(ended)
		}
		select {
		case <-ctx.Done():
			return p.told(fmt.Errorf("it does not answer at 127.0.0.1:$PORT after %s (%w)", readyWithin, err))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// told adds the end of what the server has printed.
// The text is bounded by the log's own limits and free of control characters.
func (p *Process) told(err error) error {
	text := "the model's server: " + err.Error()
	for _, line := range p.log.Tail(15) {
		text += "\n    " + line
	}
	return errors.New(text)
}

// Call asks for predictions.
//
// columns are names and rows their values, each as long as columns; the result has
// one prediction for each row, which the caller checks. It takes callWithin at most.
// The server is told of the trace that the context is part of, in traceparent.
// MLflow's dataframe_split is the orientation "split" of pandas.
func (p *Process) Call(ctx context.Context, columns []string, rows [][]any) ([]any, error) {
	body, err := json.Marshal(map[string]any{"dataframe_split": map[string]any{"columns": columns, "data": rows}})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(http.MethodPost, p.url+"/invocations", bytes.NewReader(body)) //nolint:noctx // below
	if err != nil {
		return nil, err
	}
	ctx, span := tracing.Client(ctx, req.Header, "POST /invocations", tracing.Text("http.request.method", "POST"),
		tracing.Text("server.address", "127.0.0.1"), tracing.Int("ashlar.rows", len(rows)))
	defer span.End()
	found, err := p.post(req.WithContext(ctx))
	if err != nil {
		span.Fail("worker")
	}
	return found, err
}

// post sends the request, and reads the predictions.
func (p *Process) post(req *http.Request) ([]any, error) {
	req.Header.Set("Content-Type", "application/json")
	answer, err := p.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("it does not answer: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		// The server's own words help, and 200 characters suffice.
		return nil, fmt.Errorf("it answers %s: %.200s", answer.Status, text)
	}
	return predictions(text)
}

// predictions reads an answer: {"predictions": [...]}, or the list alone.
// The bare list is what servers of MLflow before 2.0 answer.
func predictions(text []byte) ([]any, error) {
	if len(text) > maxAnswer {
		return nil, fmt.Errorf("its answer is more than %d bytes", maxAnswer)
	}
	var named struct {
		Predictions []any `json:"predictions"`
	}
	if err := json.Unmarshal(text, &named); err == nil && named.Predictions != nil {
		return named.Predictions, nil
	}
	var bare []any
	if err := json.Unmarshal(text, &bare); err != nil {
		return nil, fmt.Errorf("its answer is not a list of predictions: %.200s", text)
	}
	return bare, nil
}

// Stop ends the server and removes what was laid down for it.
// It waits for the process, up to the grace of 5 s. Calls under way fail.
func (p *Process) Stop() {
	p.cancel()
	<-p.done
	_ = os.RemoveAll(p.dir) // temporary
}
