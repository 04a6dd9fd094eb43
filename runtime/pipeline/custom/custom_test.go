//go:build unix

package custom

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/command"
	"github.com/ashlar-dev/ashlar/runtime/confine"
)

func TestWhatACommandReadsIsLaidAndWhatItMakesIsKept(t *testing.T) {
	b := newBench(t)
	b.write("data/a.txt", "1\n")
	b.write("data/below/b.txt", "2\n")
	b.write("secret.txt", "x")
	var told atomic.Int32
	b.cfg.Held = func(confine.Report) { told.Add(1) }
	var printed []string
	made := b.must(plan.Stage{
		Cmd: []string{
			`test "$(ls ..)" = "data` + "\n" + `src"`, // in which it is, and what it reads
			"cat ../data/a.txt ../data/below/b.txt > sum; echo one; echo two >&2",
			`echo '{"rmse": 0.5}' > scores/m.json; echo p > plot.svg; echo ruined > ../data/a.txt`,
		},
		Wdir: "src", Deps: []string{"data", "data/below/b.txt"}, Outs: []string{"sum"},
		Metrics: []string{"scores/m.json"}, Plots: []string{"plot.svg"},
	}, func(s *Stage) { s.Report = func(line string) { printed = append(printed, line) } })
	if b.content(made, "src/sum") != "1\n2\n" || b.content(made, "src/plot.svg") != "p\n" || len(made.Files) != 3 {
		t.Errorf("made %v", made.Files)
	}
	if made.Metrics["rmse"] != 0.5 || len(made.Metrics) != 1 || !strings.HasSuffix(made.Detail, "MiB") {
		t.Errorf("metrics %v, detail %q", made.Metrics, made.Detail)
	}
	if d := made.Deps["data/below/b.txt"]; len(made.Deps) != 2 || d.MD5 != "26ab0db90d72e28ad0ba1e22ee510510" {
		t.Errorf("read %v", made.Deps)
	}
	if !slices.Equal(printed, []string{"one", "two"}) || b.object(made.Log) != "one\ntwo\n" {
		t.Errorf("reported %q, kept %q", printed, b.object(made.Log))
	}
	if text, err := os.ReadFile(filepath.Join(b.dir, "data", "a.txt")); err != nil || string(text) != "1\n" {
		t.Errorf("the repository's file is %q (%v)", text, err)
	}
	if made.Confinement == nil || told.Load() != 1 {
		t.Errorf("what holds commands was told %d times", told.Load())
	}
	b.nothingLeft()
}

// nothingLeft checks that no folder of a command is left.
func (b *bench) nothingLeft() {
	b.t.Helper()
	left, err := filepath.Glob(filepath.Join(b.cfg.TempDir, "ashlar-*"))
	if err != nil || len(left) > 0 {
		b.t.Errorf("%v are left (%v)", left, err)
	}
}

func TestACommandThatFailsLeavesItsLog(t *testing.T) {
	b := newBench(t)
	b.write("in", "1")
	made, err := b.run(plan.Stage{
		Cmd: []string{"mkdir shut && chmod 0 shut; seq 1 100; exit 7"}, Deps: []string{"in"}, Outs: []string{"o"},
	})
	var failed *CommandError
	var how *command.Error
	if !errors.As(err, &failed) || !errors.As(err, &how) || how.Code != 7 || len(failed.Tail) != tailShow ||
		failed.Tail[tailShow-1] != "100" {
		t.Fatalf("%v", err)
	}
	if !strings.HasPrefix(b.object(made.Log), "1\n2\n") || len(made.Deps) != 1 ||
		made.Files != nil || made.Confinement == nil {
		t.Errorf("%+v", made)
	}
	b.nothingLeft()
	if _, err := b.run(plan.Stage{Cmd: []string{"false"}}); err == nil ||
		!strings.Contains(err.Error(), "it printed nothing") {
		t.Errorf("%v", err)
	}
	if _, err := b.run(plan.Stage{Cmd: []string{"true"}, Deps: []string{"gone"}}); err == nil ||
		errors.As(err, &failed) || !strings.Contains(err.Error(), "dep gone: ") {
		t.Errorf("%v", err)
	}
	if _, err := b.run(plan.Stage{Cmd: []string{"touch a"}, Outs: []string{"a", "b"},
		Plots: []string{"c"}}); err == nil ||
		!strings.Contains(err.Error(), "has not made b, c") {
		t.Errorf("%v", err)
	}
}

func TestACommandHasItsParamsAndNoOthersVariables(t *testing.T) {
	b := newBench(t)
	b.cfg.Getenv = func(name string) string {
		return map[string]string{"HTTP_PROXY": "http://ada:s3cret@proxy:1", "AWS_SECRET_ACCESS_KEY": "s3cret"}[name]
	}
	b.write("params.json", "a dep of that name")
	params := func(s *Stage) {
		s.Seed = 7
		s.Params = map[string]any{"train.depth": 3.0, "train.name": "a b", "list": []any{1.0, "x"}}
	}
	want := "{\n  \"list\": [\n    1,\n    \"x\"\n  ],\n  \"train\": {\n    \"depth\": 3,\n    \"name\": \"a b\"\n  }\n}\n"
	cmd := []string{`cat "$ASHLAR_PARAMS" > p; env > e`}
	made := b.must(plan.Stage{Cmd: cmd, Outs: []string{"p", "e"}, Env: map[string]string{"LANG": "C"}}, params)
	if got := b.content(made, "p"); got != want {
		t.Errorf("params.json is %s, want %s", got, want)
	}
	env := strings.Split(b.content(made, "e"), "\n")
	for _, want := range []string{
		"ASHLAR_SEED=7", "ASHLAR_PARAM_TRAIN_DEPTH=3", "ASHLAR_PARAM_TRAIN_NAME=a b", `ASHLAR_PARAM_LIST=[1,"x"]`,
		"HTTP_PROXY=http://proxy:1", "LANG=C",
	} {
		if !slices.Contains(env, want) {
			t.Errorf("the command does not have %s", want)
		}
	}
	if strings.Contains(strings.Join(env, "\n"), "s3cret") {
		t.Errorf("the command has a secret: %q", env)
	}
	made = b.must(plan.Stage{Cmd: append(cmd, "cat params.json >> p"), Deps: []string{"params.json"},
		Outs: []string{"p"}}, params)
	if got := b.content(made, "p"); got != want+"a dep of that name" {
		t.Errorf("beside a dep of its name, params.json is %s", got)
	}
}

func TestACommandHasLimits(t *testing.T) {
	b := newBench(t)
	for want, s := range map[string]plan.Stage{
		"200ms":                    {Cmd: []string{"sleep 60"}, Timeout: "200ms"},
		`duration "soon"`:          {Cmd: []string{"true"}, Timeout: "soon"},
		"a valid amount of memory": {Cmd: []string{"true"}, Memory: "much"},
		"environment gone.txt: ":   {Cmd: []string{"true"}, Environment: &plan.Environment{Pip: "gone.txt"}},
	} {
		if _, err := b.run(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := New(Config{Store: b.store}); err == nil {
		t.Error("a runner needs no files")
	}
}
