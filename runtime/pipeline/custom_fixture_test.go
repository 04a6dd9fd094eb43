//go:build unix

package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/confine"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// world is a store, a registry and a folder of files that runs share.
type world struct {
	t        testing.TB
	dir      string
	store    *store.Store
	registry *registry.Registry
	shared   []string // folders that commands may change besides their own
	mu       sync.Mutex
	events   []Event
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir()}
	var err error
	if w.store, err = store.Open(context.Background(), t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if w.registry, err = registry.Open(context.Background(), filepath.Join(t.TempDir(), "r.db"),
		registry.Options{Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(w.store.Close(), w.registry.Close()) })
	return w
}

func (w *world) write(name, text string) {
	w.t.Helper()
	full := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) runner(p *plan.Plan) *Runner {
	w.t.Helper()
	r, err := New(Config{
		Plan: p, Dir: w.dir, Store: w.store, Registry: w.registry, TempDir: w.t.TempDir(), Getenv: os.Getenv,
		Now: time.Now, Author: "ada", Confine: confine.Policy{Write: w.shared},
		Observe: func(e Event) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.events = append(w.events, e)
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// share makes a folder that commands may change besides their own.
func (w *world) share() string {
	dir := w.t.TempDir()
	w.shared = append(w.shared, dir)
	return dir
}

// line is a plan with one pipeline of custom stages.
func line(stages map[string]plan.Stage, more ...func(*plan.Pipeline)) *plan.Plan {
	l := plan.Pipeline{Stages: stages, RetryDelay: "1ms"}
	for _, f := range more {
		f(&l)
	}
	return &plan.Plan{APIVersion: plan.APIVersion, Name: "p", Seed: 1, Pipelines: map[string]plan.Pipeline{"l": l}}
}

func (w *world) run(p *plan.Plan) (*run.Run, error) {
	w.t.Helper()
	return w.runner(p).Do(context.Background(), Job{Unit: plan.Unit{Pipeline: "l"}})
}

func (w *world) must(p *plan.Plan) *run.Run {
	w.t.Helper()
	r, err := w.run(p)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// content reads what a stage made.
func (w *world) content(r *run.Run, stage, path string) string {
	w.t.Helper()
	for _, s := range r.Stages {
		if s.Stage == stage {
			b, err := w.store.GetBytes(context.Background(), s.Files[path].Digest, 1<<20)
			if err != nil {
				w.t.Fatal(err)
			}
			return string(b)
		}
	}
	w.t.Fatalf("no stage %s", stage)
	return ""
}

// ran are the stages that were not taken from the store, sorted.
func ran(r *run.Run) string {
	var out []string
	for _, s := range r.Stages {
		if !s.Reused {
			out = append(out, s.Stage)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func diamond() map[string]plan.Stage {
	return map[string]plan.Stage{
		"a": {Cmd: []string{"cat in.txt > a.txt"}, Deps: []string{"in.txt"}, Outs: []string{"a.txt"}},
		"b": {Cmd: []string{"mkdir -p out && cat a.txt > out/b.txt && echo b >> out/b.txt"},
			Deps: []string{"a.txt"}, Outs: []string{"out"}},
		"c": {Cmd: []string{`echo "$ASHLAR_PARAM_TRAIN_DEPTH" > c.txt`, "cat params.json a.txt >> c.txt"},
			Deps: []string{"a.txt"}, Params: []string{"train.depth"}, Outs: []string{"c.txt"}},
		"d": {Cmd: []string{"cat out/b.txt c.txt > d.txt", `echo '{"x": 1.5, "y": {"z": 2}}' > m.json`},
			Deps: []string{"out/b.txt", "c.txt"}, Outs: []string{"d.txt"}, Metrics: []string{"m.json"}},
	}
}

func withDepth(depth float64) func(*plan.Pipeline) {
	return func(l *plan.Pipeline) {
		l.Params = map[string]any{"train": map[string]any{"depth": depth, "other": 1.0}}
	}
}
