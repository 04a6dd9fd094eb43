package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// env is the environment of a duty.
type env map[string]string

func (e env) get(name string) string { return e[name] }

func (e env) with(name, value string) env {
	out := env{}
	for k, v := range e {
		out[k] = v
	}
	out[name] = value
	return out
}

// ended is what a duty left: its exit code, its line and its log.
type ended struct {
	code     int
	out, log string
}

func duty(t *testing.T, e env, args ...string) ended {
	t.Helper()
	var out bytes.Buffer
	var log said
	code := run(t.Context(), args, e.get, &out, &log)
	return ended{code, out.String(), log.String()}
}

// said is a log that may be read while it is written.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// credit writes the credit example's plan, with a small model and whatever the
// test edits, and returns the environment of a workload on this machine.
func credit(t *testing.T, edit func(*plan.Plan)) env {
	t.Helper()
	f, err := os.Open("../../blueprints/testdata/credit.dev.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := plan.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	m := p.Models["default-risk"]
	m.Params, m.CrossValidation, m.Search,
		m.Require = plan.Params{"n_estimators": 5.0, "max_depth": 6.0}, nil, nil, plan.Require{}
	p.Models["default-risk"] = m
	p.Policies = nil
	e := p.Endpoints["scoring"]
	e.Drift = &plan.Drift{Window: "1ms", MinRows: 50, MaxRows: 10_000, Tests: "auto",
		Alert: plan.DriftAlert{Share: 0.5, Windows: 1, Of: 1}, Retrain: true}
	p.Endpoints["scoring"] = e
	if edit != nil {
		edit(p)
	}
	text, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "plan.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	data, err := filepath.Abs("../../blueprints/examples/credit")
	if err != nil {
		t.Fatal(err)
	}
	return env{
		"ASHLAR_PLAN": file, "ASHLAR_STORE": filepath.Join(dir, "store"), "ASHLAR_DATA": data,
		"ASHLAR_DATABASE": filepath.Join(dir, "registry.db"), "ASHLAR_AUTHOR": "pipeline/nightly",
	}
}

// awaited waits until the log has a line with the message, and returns it.
func awaited(ctx context.Context, r io.Reader, message string) (map[string]any, error) {
	lines := json.NewDecoder(r)
	for {
		var line map[string]any
		if err := lines.Decode(&line); err != nil {
			return nil, err
		}
		if text, _ := line["msg"].(string); strings.HasPrefix(text, message) {
			return line, ctx.Err()
		}
	}
}
