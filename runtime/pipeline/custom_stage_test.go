//go:build unix

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/pipeline/custom"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

func TestStagesRunOnceAndAgainWhereAnEditReaches(t *testing.T) {
	w := newWorld(t)
	w.write("in.txt", "1\n")
	first := w.must(line(diamond(), withDepth(3)))
	if got := ran(first); got != "a b c d" {
		t.Errorf("at first ran %q", got)
	}
	if got, want := w.content(first, "d", "d.txt"),
		"1\nb\n3\n{\n  \"train\": {\n    \"depth\": 3\n  }\n}\n1\n"; got != want {
		t.Errorf("made %q, want %q", got, want)
	}
	if m := first.Stages[3].Metrics; m["x"] != 1.5 || m["y.z"] != 2 {
		t.Errorf("metrics %v", m)
	}
	steps := []struct {
		name, want string
		edit       func() *plan.Plan
	}{
		{"nothing", "", func() *plan.Plan { return line(diamond(), withDepth(3)) }},
		{"a param", "c d", func() *plan.Plan { return line(diamond(), withDepth(4)) }},
		{"a param that no stage names", "", func() *plan.Plan {
			return line(diamond(), withDepth(4),
				func(l *plan.Pipeline) { l.Params["train"].(map[string]any)["other"] = 2.0 })
		}},
		{"a command that makes the same", "b", func() *plan.Plan {
			s := diamond()
			b := s["b"]
			b.Cmd = []string{"mkdir -p out; cat a.txt > out/b.txt; echo b >> out/b.txt"}
			s["b"] = b
			return line(s, withDepth(4))
		}},
		{"an input", "a b c d", func() *plan.Plan { w.write("in.txt", "2\n"); return line(diamond(), withDepth(4)) }},
		{"the input as it was", "", func() *plan.Plan {
			w.write("in.txt",
				"1\n")
			return line(diamond(), withDepth(4))
		}},
		{"a retry more", "", func() *plan.Plan {
			return line(diamond(), withDepth(4), func(l *plan.Pipeline) { l.Retries = 9 })
		}},
	}
	for _, s := range steps {
		if got := ran(w.must(s.edit())); got != s.want {
			t.Errorf("after an edit of %s ran %q, want %q", s.name, got, s.want)
		}
	}
}

func TestAnotherEnvironmentRunsTheStageAgain(t *testing.T) {
	w := newWorld(t)
	bin := t.TempDir()
	fake := "#!/bin/sh\nwhile [ $# -gt 0 ]; do case \"$1\" in -p) env=$2;; esac; shift; done\nmkdir -p \"$env/bin\"\n"
	if err := os.WriteFile(filepath.Join(bin, "micromamba"), []byte(fake),
		0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	p := line(map[string]plan.Stage{"a": {
		Cmd: []string{"true"}, Environment: &plan.Environment{Conda: "environment.yml"},
	}})
	for i, c := range []struct{ content, want string }{{"one", "a"}, {"one", ""}, {"two", "a"}, {"one", ""}} {
		w.write("environment.yml", c.content)
		if got := ran(w.must(p)); got != c.want {
			t.Errorf("run %d with environment %s ran %q, want %q", i, c.content, got, c.want)
		}
	}
}

func TestTheSameWorkUnderAnotherNameIsDoneOnce(t *testing.T) {
	w := newWorld(t)
	w.write("in.txt", "1\n")
	w.must(line(diamond(), withDepth(3)))
	s := diamond()
	s["z"] = s["a"]
	delete(s, "a")
	if got := ran(w.must(line(s, withDepth(3)))); got != "" {
		t.Errorf("ran %q", got)
	}
}

func TestAStageSeesItsDepsAndNothingElse(t *testing.T) {
	w := newWorld(t)
	w.write("in.txt", "1\n")
	w.write("secret.txt", "x")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hidden")
	w.must(line(map[string]plan.Stage{"a": {
		Cmd: []string{`test "$(ls)" = "in.txt"`, `test -z "$AWS_SECRET_ACCESS_KEY"`,
			"echo ruined > in.txt"}, Deps: []string{"in.txt"},
	}}))
	if b, err := os.ReadFile(filepath.Join(w.dir, "in.txt")); err != nil || string(b) != "1\n" {
		t.Errorf("the repository's file is %q now (%v)", b, err)
	}
}

func TestAFailureTellsTheEndOfTheLogAndKeepsItAll(t *testing.T) {
	w := newWorld(t)
	r, err := w.run(line(map[string]plan.Stage{
		"a": {Cmd: []string{"seq 1 100; echo boom >&2; exit 7"}, Outs: []string{"a.txt"}},
		"b": {Cmd: []string{"true"}, Deps: []string{"a.txt"}},
	}))
	var failed *custom.CommandError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "exit code 7") ||
		!strings.Contains(err.Error(), "    99\n    100\n    boom") {
		t.Fatalf("got %v", err)
	}
	if r.Status != run.Failed || len(r.Stages) != 1 || r.Stages[0].Status != run.Failed {
		t.Errorf("the record is %+v", r)
	}
	b, err := w.store.GetBytes(context.Background(), r.Stages[0].Log, 1<<20)
	if err != nil || !strings.HasPrefix(string(b), "1\n2\n") {
		t.Errorf("the log is %.20q (%v)", b, err)
	}
}

func TestWhatAStageSaysThatItMakesMustBeThere(t *testing.T) {
	w := newWorld(t)
	_, err := w.run(line(map[string]plan.Stage{"a": {Cmd: []string{"touch a.txt"}, Outs: []string{"a.txt", "b.txt"},
		Plots: []string{"c.svg"}}}))
	if err == nil || !strings.Contains(err.Error(), "has not made b.txt, c.svg") {
		t.Errorf("got %v", err)
	}
	_, err = w.run(line(map[string]plan.Stage{"a": {Cmd: []string{"true"}, Deps: []string{"x.txt", "y.txt"}}}))
	if err == nil || !strings.Contains(err.Error(), "dep x.txt is not there") ||
		!strings.Contains(err.Error(), "dep y.txt is not there") {
		t.Errorf("got %v", err)
	}
}

func TestAFailedAttemptIsRepeatedAsThePlanSays(t *testing.T) {
	w := newWorld(t)
	counter := filepath.Join(w.share(), "n")
	flaky := fmt.Sprintf("echo x >> %s; test $(wc -l < %s) -ge 3", counter, counter)
	r, err := w.run(line(map[string]plan.Stage{"a": {Cmd: []string{flaky}}}, func(l *plan.Pipeline) { l.Retries = 2 }))
	if err != nil || r.Stages[0].Attempts != 3 {
		t.Errorf("%v after %d attempts", err, r.Stages[0].Attempts)
	}
	again := 0
	for _, e := range w.events {
		if e.Kind == StageRetrying {
			again++
		}
	}
	if again != 2 {
		t.Errorf("%d events tell of a retry", again)
	}
	none := 0
	r, err = w.run(line(map[string]plan.Stage{"b": {Cmd: []string{"false"}, Retries: &none}},
		func(l *plan.Pipeline) { l.Retries = 2 }))
	if err == nil || r.Stages[0].Attempts != 1 {
		t.Errorf("%v after %d attempts, want one", err, r.Stages[0].Attempts)
	}
}

func TestFrozenAndAlwaysChanged(t *testing.T) {
	w := newWorld(t)
	w.write("in.txt", "1\n")
	stages := func(frozen bool) map[string]plan.Stage {
		return map[string]plan.Stage{
			"a": {Cmd: []string{"cat in.txt > a.txt"}, Deps: []string{"in.txt"},
				Outs: []string{"a.txt"}, Frozen: frozen},
			"b": {Cmd: []string{"cat a.txt > b.txt"}, Deps: []string{"a.txt"},
				Outs: []string{"b.txt"}, AlwaysChanged: true},
			"c": {Cmd: []string{"cat b.txt > c.txt"}, Deps: []string{"b.txt"}, Outs: []string{"c.txt"}},
		}
	}
	w.must(line(stages(false)))
	w.write("in.txt", "2\n")
	r := w.must(line(stages(true)))
	if got := ran(r); got != "b" || w.content(r, "a", "a.txt") != "1\n" {
		t.Errorf("ran %q with %q", got, w.content(r, "a", "a.txt"))
	}
	if got := ran(w.must(line(stages(false)))); got != "a b c" {
		t.Errorf("thawed, ran %q", got)
	}
}

func TestStagesWithoutAnEdgeRunSideBySideWithinTheLimit(t *testing.T) {
	w := newWorld(t)
	shared := w.share()
	stages := map[string]plan.Stage{}
	for i := range 6 {
		name := fmt.Sprintf("s%d", i)
		stages[name] = plan.Stage{Cmd: []string{fmt.Sprintf("touch %[1]s/%[2]s; ls %[1]s | wc -l > n.%[2]s; sleep 0.2; rm %[1]s/%[2]s", shared, name)}, Outs: []string{"n." + name}}
	}
	r := w.must(line(stages, func(l *plan.Pipeline) { l.Parallelism = 3 }))
	most := 0
	for i := range 6 {
		var n int
		name := fmt.Sprintf("s%d", i)
		if _, err := fmt.Sscan(w.content(r, name, "n."+name), &n); err != nil {
			t.Fatal(err)
		}
		most = max(most, n)
	}
	if most > 3 || most < 2 {
		t.Errorf("%d at once, want 3", most)
	}
}

func TestTheSameWorkInTwoRunsAtOnceIsDoneOnce(t *testing.T) {
	w := newWorld(t)
	counter := filepath.Join(w.share(), "n")
	p := line(map[string]plan.Stage{"a": {Cmd: []string{"sleep 0.3; echo x >> " + counter +
		"; echo 1 > a"}, Outs: []string{"a"}}})
	r := w.runner(p)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			if _, err := r.Do(context.Background(),
				Job{Unit: plan.Unit{Pipeline: "l"}, ID: fmt.Sprint("r", i)}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if b, err := os.ReadFile(counter); err != nil || string(b) != "x\n" {
		t.Errorf("the command ran %q (%v)", b, err)
	}
}

func TestARunIsCancelledFromElsewhere(t *testing.T) {
	w := newWorld(t)
	p := line(map[string]plan.Stage{"a": {Cmd: []string{"sleep 60"}}})
	time.AfterFunc(200*time.Millisecond, func() {
		if err := Cancel(context.Background(), w.store, "l", "run-1", "ada"); err != nil {
			t.Error(err)
		}
	})
	began := time.Now()
	r, err := w.runner(p).Do(context.Background(), Job{Unit: plan.Unit{Pipeline: "l"}, ID: "run-1"})
	if err == nil || !strings.Contains(err.Error(), "cancelled by ada") || r.Status != run.Interrupted {
		t.Errorf("%v, status %s", err, r.Status)
	}
	if time.Since(began) > 20*time.Second {
		t.Errorf("it took %s to end", time.Since(began))
	}
}

func TestAPipelinesMemoryIsTheLimitOfItsStages(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the resident size of a group is known on Linux only")
	}
	w := newWorld(t)
	limited := func(own string) *plan.Plan {
		return line(map[string]plan.Stage{"s": {Memory: own, Outs: []string{"o"},
			Cmd: []string{`x=0123456789abcdef; while [ ${#x} -lt 60000000 ]; do x="$x$x"; done; sleep 0.3; echo > o`}}},
			func(l *plan.Pipeline) { l.Resources = &plan.Resources{Memory: "32Mi"} })
	}
	if _, err := w.run(limited("")); err == nil || !strings.Contains(err.Error(), "limit of 32 MiB") {
		t.Errorf("the pipeline's: %v", err)
	}
	if _, err := w.run(limited("4Gi")); err != nil {
		t.Errorf("the stage's own, which is larger: %v", err)
	}
}

func TestTheMemoryOfAStageIsRecorded(t *testing.T) {
	w := newWorld(t)
	p := line(map[string]plan.Stage{"s": {Outs: []string{"o"},
		Cmd: []string{`x=0123456789abcdef; while [ ${#x} -lt 60000000 ]; do x="$x$x"; done; echo > o`}}})
	first := w.must(p)
	if s := first.Stage("s"); s.PeakMemory < 60_000_000 || !strings.Contains(s.Sizes(), "MiB of memory") {
		t.Errorf("a stage with 67 MB held %d bytes, which is %q", s.PeakMemory, s.Sizes())
	}
	if s := w.must(p).Stage("s"); !s.Reused || s.PeakMemory != 0 {
		t.Errorf("a stage that did not run held %d bytes", s.PeakMemory)
	}
}

func TestARunHasATimeout(t *testing.T) {
	w := newWorld(t)
	r, err := w.run(line(map[string]plan.Stage{"a": {Cmd: []string{"sleep 60"}}},
		func(l *plan.Pipeline) { l.Timeout = "300ms" }))
	if err == nil || !strings.Contains(err.Error(), "longer than its timeout of 300ms") || r.Status != run.Failed {
		t.Errorf("%v, status %s", err, r.Status)
	}
}

func TestTheLockIsADvcLock(t *testing.T) {
	w := newWorld(t)
	w.write("in.txt", "1\n")
	w.must(line(diamond(), withDepth(3)))
	got := w.dvcLock("l")
	for _, want := range []string{
		"schema: \"2.0\"\n", "  a:\n    cmd: cat in.txt > a.txt\n    deps:\n      - path: in.txt\n        hash: md5\n        md5: b026324c6904b2a9cb4b88d6d61c81d1\n        size: 2\n",
		"params:\n      params.json:\n        train.depth: 3\n", "nfiles: 1\n",
		"- path: out\n        hash: md5\n", ".dir\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the lock lacks %q:\n%s", want, got)
		}
	}
	w.must(line(diamond(), withDepth(3)))
	if again := w.dvcLock("l"); again != got {
		t.Errorf("a run that reused everything changed the lock:\n%s", again)
	}
}

func TestStagesRunOneByOneMakeTheSameRun(t *testing.T) {
	w := newWorld(t)
	w.write("in.txt", "1\n")
	p := line(diamond(), withDepth(3))
	whole := w.must(p)
	other := newWorld(t)
	other.dir = w.dir
	r := other.runner(p)
	unit := plan.Unit{Pipeline: "l"}
	if _, err := r.Do(context.Background(), Job{Unit: unit, ID: "7", Only: "d"}); !errors.As(err, new(*UndoneError)) {
		t.Errorf("a stage before its deps: %v", err)
	}
	for _, s := range []string{"a", "c", "b", "d"} {
		if _, err := r.Do(context.Background(), Job{Unit: unit, ID: "7", Only: s}); err != nil {
			t.Fatal(err)
		}
	}
	made, err := r.Finish(context.Background(), Job{Unit: unit, ID: "7"}, run.Succeeded)
	if err != nil || made.Status != run.Succeeded || len(made.Stages) != 4 {
		t.Fatalf("%v, %+v", err, made)
	}
	for _, s := range whole.Stages {
		for path, a := range s.Files {
			i := slices.IndexFunc(made.Stages, func(o run.Result) bool { return o.Stage == s.Stage })
			if made.Stages[i].Files[path] != a {
				t.Errorf("%s: %s differs", s.Stage, path)
			}
		}
	}
	again, err := r.Finish(context.Background(), Job{Unit: unit, ID: "7"}, run.Succeeded)
	if err != nil || again.Status != run.Succeeded || len(again.Stages) != 4 {
		t.Errorf("finished again: %v, %+v", err, again)
	}
}
