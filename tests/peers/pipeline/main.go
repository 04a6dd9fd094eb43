// Command pipeline times what running stages costs beside the stages' own work:
// a pipeline of 1, 10, 100 and 1,000 stages whose commands do nothing, at first
// and again with nothing changed, beside a shell that starts as many commands.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pipeline:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	for _, n := range []int{1, 10, 100, 1000} {
		if err := one(ctx, out, n); err != nil {
			return err
		}
	}
	return throughTheCLI(ctx, out)
}

// chain is n stages in rows of ten, each of which reads the one above it.
func chain(n int) map[string]plan.Stage {
	stages := make(map[string]plan.Stage, n)
	for i := range n {
		s := plan.Stage{Cmd: []string{fmt.Sprintf("echo %d > o%d", i, i)}, Outs: []string{fmt.Sprintf("o%d", i)}}
		if i >= 10 {
			s.Deps = []string{fmt.Sprintf("o%d", i-10)}
		}
		stages[fmt.Sprintf("s%04d", i)] = s
	}
	return stages
}

func one(ctx context.Context, out io.Writer, n int) (err error) {
	dir, err := os.MkdirTemp("", "ashlar-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p := &plan.Plan{APIVersion: plan.APIVersion, Name: "bench",
		Pipelines: map[string]plan.Pipeline{"l": {Stages: chain(n)}}}
	pass := func() (time.Duration, error) {
		began := time.Now()
		s, err := store.Open(ctx, filepath.Join(dir, "store"))
		if err != nil {
			return 0, err
		}
		reg, err := registry.Open(ctx, filepath.Join(dir, "r.db"), registry.Options{Now: time.Now})
		if err != nil {
			return 0, err
		}
		r, err := pipeline.New(pipeline.Config{Plan: p, Dir: dir, Store: s, Registry: reg,
			TempDir: filepath.Join(dir, "tmp"), Getenv: os.Getenv, Now: time.Now})
		if err != nil {
			return 0, err
		}
		_, err = r.Do(ctx, pipeline.Job{Unit: plan.Unit{Pipeline: "l"}})
		return time.Since(began), errors.Join(err, reg.Close(), s.Close())
	}
	first, err := pass()
	if err != nil {
		return err
	}
	again, err := pass()
	if err != nil {
		return err
	}
	bare, err := shell(ctx, n)
	if err != nil {
		return err
	}
	each := func(d time.Duration) time.Duration { return (d / time.Duration(n)).Round(time.Microsecond) }
	fmt.Fprintf(out, "%5d stages: at first %8s (%8s a stage, budget 20ms; the bare commands %8s), again %8s (%7s a stage, budget 1ms)\n",
		n, first.Round(time.Millisecond), each(first), each(bare), again.Round(time.Millisecond), each(again))
	return nil
}

// shell starts as many commands one after the other, and nothing else.
func shell(ctx context.Context, n int) (time.Duration, error) {
	began := time.Now()
	for range n {
		if err := exec.CommandContext(ctx, "sh", "-c", "echo 1 > /dev/null").Run(); err != nil {
			return 0, err
		}
	}
	return time.Since(began), nil
}

// throughTheCLI times a whole process: load a blueprint of 1,000 stages, check
// it, and find that nothing has changed.
func throughTheCLI(ctx context.Context, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "ashlar-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary := filepath.Join(dir, "ashlar")
	if b, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/ashlar").CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, b)
	}
	blueprint := `package bench
import "ashlar.dev/blueprint"
blueprint.#Blueprint & {
	name: "bench"
	owner: {team: "t", email: "t@example.com"}
	pipelines: l: stages: {
		first: {foreach: [for i in _ten {i}], do: {cmd: "echo ${item} > a${item}", outs: ["a${item}"]}}
		more: {matrix: {x: [for i in _ten {i}], y: [for i in _hundred {i}]}, cmd: "cat a${item.x} > b${item.x}-${item.y}", deps: ["a${item.x}"], outs: ["b${item.x}-${item.y}"]}
	}
}
_ten: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
_hundred: [for i in _ten for j in _ten {10*i + j}]
`
	if err := os.WriteFile(filepath.Join(dir, "bench.cue"), []byte(blueprint), 0o600); err != nil {
		return err
	}
	for _, what := range []string{"at first", "again, nothing changed (budget 1s)"} {
		began := time.Now()
		if b, err := exec.CommandContext(ctx, binary, "up", dir, "--build", "--output",
			"json").CombinedOutput(); err != nil {
			return fmt.Errorf("up: %w\n%s", err, b)
		}
		fmt.Fprintf(out, "`ashlar up --build` of 1,010 stages, the whole process, %s: %s\n", what,
			time.Since(began).Round(time.Millisecond))
	}
	return nil
}
