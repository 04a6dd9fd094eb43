// Package local runs a plan on this machine: an object store in a folder,
// metadata in SQLite, everything in one process, no account and no container.
//
// It is the embedded default and the quickest way to see a blueprint work, and
// it runs the very same runtime packages as a cluster does, wired together by
// function calls instead of by Pulumi. State lives in one folder and survives
// being killed at any moment; a second start with nothing changed does no work
// twice.
package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/confine"
	"github.com/ashlar-dev/ashlar/runtime/endpoint"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/serve"
	"github.com/ashlar-dev/ashlar/runtime/tracing"
	"github.com/ashlar-dev/ashlar/runtime/tracking"
)

// TLS are the files by which a server proves who it is.
type TLS = endpoint.TLS

// Config is what a Stack needs. Plan, Dir, State and Now are required.
type Config struct {
	Plan   *plan.Plan
	Dir    string // the blueprint's folder; relative sources start there
	State  string // folder of the state; see StateFolder
	Listen string // host:port; empty: 127.0.0.1:8080
	// ListenPage is an address of its own for the page, metrics and drift, which Listen does
	// not answer then; empty: they are at Listen.
	ListenPage string
	TLS        TLS                 // zero: plain HTTP
	Hosts      []string            // names that lead here besides localhost; see serve.Local
	Author     string              // who runs it
	Commit     string              // of the blueprint's repository; empty: not known
	Getenv     func(string) string // nil: no environment; trackers sign in by it
	Workers    int                 // 0: all cores
	Now        func() time.Time
	Log        *slog.Logger         // nil: silent
	Observe    func(pipeline.Event) // nil: nobody watches
	Notice     func(string)         // nil: nobody reads; a line when something changes while serving
	Poll       time.Duration        // how often decisions made elsewhere are looked for; 0: a second
}

// defaults fills in what may be empty and reports everything that is wrong.
func (c *Config) defaults() error {
	var problems []error
	if c.Plan == nil {
		problems = append(problems, errors.New("local stack: no plan"))
	}
	if c.Now == nil {
		problems = append(problems, errors.New("local stack: no clock"))
	}
	if c.Dir == "" || c.State == "" {
		problems = append(problems, errors.New("local stack: no folder for the blueprint or the state"))
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8080"
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		problems = append(problems, fmt.Errorf("listen address %q: write it as host:port, such as 127.0.0.1:8080 (%w)",
			c.Listen, err))
	}
	if _, _, err := net.SplitHostPort(c.ListenPage); c.ListenPage != "" && err != nil {
		problems = append(problems, fmt.Errorf("listen address of the page %q: write it as host:port, such as 127.0.0.1:8081 (%w)", c.ListenPage, err))
	}
	for _, h := range c.Hosts {
		problems = append(problems, serve.CheckHost(h))
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Notice == nil {
		c.Notice = func(string) {}
	}
	if c.Getenv == nil {
		c.Getenv = func(string) string { return "" }
	}
	if c.Poll <= 0 {
		c.Poll = time.Second
	}
	return errors.Join(problems...)
}

// Stack is a plan that runs on this machine. Close it to release the state.
type Stack struct {
	cfg   Config
	state *State
	// Held from Open to Close; the state must be closed before it is released.
	lock   *flock.Flock
	runner *pipeline.Runner
	rules  *govern.Rules
	tracer *tracing.Tracer    // nil: the environment asks for no traces
	tracks *tracking.Tracking // nil: the plan tells nobody
}

// Open takes the state folder for this process alone, making it if needed.
//
// Runs that a killed process left under way are marked as interrupted, and what is due
// for its retention goes, before anything new begins. Another process that has the
// folder is an error that names it.
func Open(ctx context.Context, cfg Config) (*Stack, error) {
	if err := cfg.defaults(); err != nil {
		return nil, err
	}
	if err := endpoint.CheckOpen(cfg.Listen, cfg.Plan); err != nil {
		return nil, err
	}
	// Before anything is opened: makeState migrates the registry and sweeps temporary
	// files of the store.
	lock, err := acquire(cfg.State)
	if err != nil {
		return nil, err
	}
	s := &Stack{cfg: cfg, lock: lock}
	if s.rules, err = govern.NewRules(cfg.Plan); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	if s.state, err = makeState(ctx, cfg.State, cfg.Now); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	// The lock is ours, so no other process can be running what is marked as running.
	for _, u := range cfg.Plan.Units() {
		if err := run.MarkInterrupted(ctx, s.state.Store, u.Name(), "", cfg.Now()); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	s.tracks = tracking.New(tracking.Config{Plan: cfg.Plan, Store: s.state.Store, Dir: cfg.Dir, Commit: cfg.Commit,
		Getenv: cfg.Getenv, Log: cfg.Log, Notice: cfg.Notice})
	if s.tracer, err = tracing.New(ctx, tracing.Config{Getenv: cfg.Getenv, Log: cfg.Log}); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.runner, err = pipeline.New(s.pipelineConfig())
	if err == nil {
		err = s.Sweep(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// pipelineConfig is what runners of this stack have in common; callers change the
// trigger and the observer.
func (s *Stack) pipelineConfig() pipeline.Config {
	return pipeline.Config{
		Plan: s.cfg.Plan, Dir: s.cfg.Dir, Store: s.state.Store, Registry: s.state.Registry,
		TempDir: s.state.Temp, Envs: filepath.Join(s.state.Folder, "envs"), Getenv: s.cfg.Getenv, Author: s.cfg.Author,
		Commit: s.cfg.Commit, Trigger: "up", Workers: s.cfg.Workers,
		Now: s.cfg.Now, Log: s.cfg.Log, Observe: s.cfg.Observe, Confine: s.confinement(),
		Keys: s.state.Keys(s.cfg.Getenv), Tracer: s.tracer,
	}
}

// confinement is what code of the user's own may do: nothing of the blueprint's
// folder and the state is open to it.
func (s *Stack) confinement() confine.Policy {
	return confine.Base(s.cfg.Getenv, s.cfg.Dir, s.state.Folder)
}

// acquire locks the state folder. The lock goes with the process, however it
// ends, so a killed one never blocks the next.
// flock is released by the system with the last descriptor, unlike a file whose mere
// existence would be the lock.
func acquire(folder string) (*flock.Flock, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	file := filepath.Join(folder, "lock")
	lock := flock.New(file)
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", file, err)
	}
	if !ok {
		// The file may be missing or half written; the message then names nobody.
		holder, _ := plan.ReadFile(filepath.Join(folder, "pid"), 64)
		return nil, fmt.Errorf("another `ashlar up` (process %s) is using %s; stop it, or give this one its own state with --state",
			strings.TrimSpace(string(holder)), folder)
	}
	// The number is for the message above only; the lock is what counts.
	_ = os.WriteFile(filepath.Join(folder, "pid"), []byte(strconv.Itoa(os.Getpid())), 0o600)
	return lock, nil
}

// Close sends the last traces, and releases the state.
func (s *Stack) Close() error {
	s.tracer.Close(context.Background())
	return errors.Join(s.state.Close(), s.lock.Unlock())
}
