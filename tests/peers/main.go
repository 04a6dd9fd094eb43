// Command peers runs every benchmark that has a peer beside it, one after the
// other, and then our own budgets: how long it takes to check blueprints and to
// build the CLI. It prints figures and ratios and judges nothing.
//
// It is a program and not a set of Go benchmarks because the peers are other
// programs, and both sides must be timed in the same way on the same machine.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// peers is the list that a new comparison is added to: a folder beside this file.
var peers = []struct{ folder, title string }{
	{"serve", "one prediction a request over HTTP, 16 connections: ashlar and FastAPI"},
	{"serving", "one row a request: /predict and /v2 beside net/http, access, a shadow, and a verdict, with their targets"},
	{"tensors", "1,000 rows a request in binary tensors: /v2 and the model alone"},
	{"validate", "read 1e6 x 29 CSV and check three expectations: ashlar and pandas"},
	{"ks", "two-sample KS, 20 columns of 1e6 v 1e6: ashlar and scipy"},
	{"credit", "forest and boosting on the same splits of the credit data: ashlar and scikit-learn"},
	{"boosting", "800k x 28, 100 trees of depth 6: ashlar and XGBoost"},
	{"explain", "contributions of 100 trees of depth 10: ashlar and XGBoost's pred_contribs"},
	{"rare", "classes of a few rows: log loss of boosting and of a forest, ashlar, XGBoost and scikit-learn"},
	{"policy", "every pack over 100 blueprints and 5,000 resources, and the analyzer in a preview"},
	{"pipeline", "what running 1 to 1,000 stages costs beside their commands"},
	{"store", "writing objects: ashlar and cp"},
	{"stacks", "1, 10 and 100 blueprints: the resource graph, plan --base, and a preview with the engine"},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs the named comparisons, or all and the budgets.
func run(ctx context.Context, only []string, out, errw io.Writer) int {
	code := 0
	for _, p := range peers {
		if len(only) > 0 && !strings.Contains(" "+strings.Join(only, " ")+" ", " "+p.folder+" ") {
			continue
		}
		fmt.Fprintf(out, "\n== %s: %s\n", p.folder, p.title)
		cmd := exec.CommandContext(ctx, "go", "run", "./tests/peers/"+p.folder)
		cmd.Stdout, cmd.Stderr = out, errw
		if err := cmd.Run(); err != nil {
			fmt.Fprintf(errw, "%s: %v\n", p.folder, err)
			code = 1
		}
	}
	if len(only) == 0 || strings.Contains(strings.Join(only, " "), "budgets") {
		if err := budgets(ctx, out); err != nil {
			fmt.Fprintln(errw, "budgets:", err)
			code = 1
		}
	}
	return code
}

// budgets times the CLI itself.
func budgets(ctx context.Context, out io.Writer) error {
	fmt.Fprintln(out, "\n== budgets: the CLI itself")
	dir, err := os.MkdirTemp("", "ashlar-budgets-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "ashlar")
	cold, err := timed(ctx, []string{"GOCACHE=" + filepath.Join(dir, "cache"), "CGO_ENABLED=0"}, "go", "build",
		"-o", binary, "./cmd/ashlar")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "build the CLI from an empty build cache   %8.2f s   (budget 180 s)\n", cold.Seconds())
	one, err := timed(ctx, nil, binary, "check", "blueprints/examples/credit")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "check one blueprint, two environments     %8.3f s   (budget 0.15 s)\n", one.Seconds())
	args, err := copies(dir, 1000)
	if err != nil {
		return err
	}
	many, err := timed(ctx, nil, binary, append([]string{"check"}, args...)...)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "check 1,000 blueprints, two environments  %8.2f s   (budget 10 s)\n", many.Seconds())
	change, err := changes(ctx, dir, binary, args[:100])
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "plan --base over 100 changed blueprints   %8.2f s   (budget 10 s)\n", change.Seconds())
	if _, err := timed(ctx, []string{"CGO_ENABLED=0"}, "go", "build", "-o", filepath.Join(dir, "ashlar-stack"),
		"./cmd/ashlar-stack"); err != nil {
		return err
	}
	whole, err := timed(ctx, nil, binary, append([]string{"plan", "--base", "HEAD"}, args[:100]...)...)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "the same with the Pulumi program         %8.2f s   (budget 10 s)\n", whole.Seconds())
	if err := edit(args[:100], "replicas: {min: 2, max: 10}", "replicas: {min: 2, max: 12}"); err != nil {
		return err
	}
	if whole, err = timed(ctx, nil, binary, append([]string{"plan", "--base", "HEAD"}, args[:100]...)...); err != nil {
		return err
	}
	fmt.Fprintf(out, "the same where resources of all change    %8.2f s\n", whole.Seconds())
	return nil
}

// changes commits the blueprints, changes every one and times the comparison.
func changes(ctx context.Context, dir, binary string, blueprints []string) (time.Duration, error) {
	for _, args := range [][]string{
		{"init", "-q"}, {"add", "b"}, {"-c", "user.name=bench", "-c", "user.email=bench@example.com",
			"commit", "-q", "-m", "base"},
	} {
		if _, err := timed(ctx, nil, "git", append([]string{"-C", dir}, args...)...); err != nil {
			return 0, err
		}
	}
	if err := edit(blueprints, "max_depth: 10", "max_depth: 12"); err != nil {
		return 0, err
	}
	return timed(ctx, nil, binary, append([]string{"plan", "--base", "HEAD"}, blueprints...)...)
}

// edit changes every blueprint.
func edit(blueprints []string, from, to string) error {
	for _, b := range blueprints {
		file := filepath.Join(b, "credit.cue")
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(strings.Replace(string(text), from, to, 1)), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// copies makes n folders that hold the credit blueprint, each with a name of
// its own.
func copies(dir string, n int) ([]string, error) {
	text, err := os.ReadFile("blueprints/examples/credit/credit.cue")
	if err != nil {
		return nil, err
	}
	var out []string
	for i := range n {
		d := filepath.Join(dir, "b", fmt.Sprint(i))
		if err := os.MkdirAll(d, 0o755); err != nil {
			return nil, err
		}
		own := strings.Replace(string(text), `"credit-risk"`, fmt.Sprintf(`"credit-risk-%d"`, i), 1)
		if err := os.WriteFile(filepath.Join(d, "credit.cue"), []byte(own), 0o644); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

func timed(ctx context.Context, env []string, name string, args ...string) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s: %w: %s", name, err, complaint.String())
	}
	return time.Since(began), nil
}
