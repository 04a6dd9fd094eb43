// Command stacks times what a platform engineer waits for: the resource graph
// of 1, 10 and 100 blueprints, on both providers, the impact of one and of a hundred
// changed blueprints, and, where tests/tools/build.sh has built the engine, previews with
// it: of the three examples' workloads, and of one changed blueprint of a hundred.
// There is no peer beside it; the budgets are our own.
package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/aws"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/record"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "stacks:", err)
		os.Exit(1)
	}
}

// budget is what the graph of 100 blueprints may take.
const budget = 5 * time.Second

func run(ctx context.Context, out io.Writer) error {
	for _, provider := range []string{config.ProviderAWS, config.ProviderKubernetes} {
		for _, n := range []int{1, 10, 100} {
			began := processor()
			took, resources, err := graph(ctx, provider, n)
			if err != nil {
				return err
			}
			note := ""
			if n == 100 {
				note = fmt.Sprintf("   (budget %s)", budget)
			}
			fmt.Fprintf(out, "graph of %3d blueprints on %-10s %5d resources %6.2f s, of a processor %6.2f s%s\n", n,
				provider, resources, took.Seconds(), (processor() - began).Seconds(), note)
		}
	}
	if err := impact(ctx, out); err != nil {
		return err
	}
	return preview(ctx, out)
}

// processor returns the processor time of this process so far: what a busy
// machine does not lengthen.
func processor() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// exposed are the endpoints at hosts of the copy: no two blueprints have the same.
func exposed(endpoints map[string]plan.Endpoint, name string) map[string]plan.Endpoint {
	out := maps.Clone(endpoints)
	for endpoint, e := range out {
		if e.Expose != nil {
			way := *e.Expose
			way.Host = name + "." + way.Host
			e.Expose = &way
		}
		out[endpoint] = e
	}
	return out
}

// graph returns how long n copies of the credit example take to register, by
// names of their own, and how many resources they are.
func graph(ctx context.Context, provider string, n int) (time.Duration, int, error) {
	one, err := blueprints.LoadDir("blueprints/examples/credit", "prod")
	if err != nil {
		return 0, 0, err
	}
	var plans []*plan.Plan
	for i := range n {
		p := *one
		p.Name = fmt.Sprintf("credit-risk-%d", i)
		p.Endpoints = exposed(one.Endpoints, p.Name)
		plans = append(plans, &p)
	}
	cfg := config.Defaults(config.LayerWorkloads, provider, "prod")
	cfg.Image = "registry.example.com/ashlar-runtime:1.0.0"
	known := map[string]string{}
	if provider == config.ProviderAWS {
		cfg.Region, cfg.Foundation = "eu-central-1", "organization/ashlar/foundation-prod"
		for _, name := range aws.FoundationOutputs() {
			known[name] = record.Variable(name)
		}
	} else {
		cfg.StoreURL, cfg.DatabaseURL = "s3://models/ashlar", "postgres://u:p@db:5432/ashlar"
	}
	began := time.Now()
	rec, err := record.Program(ctx, aws.Program(plans, cfg, nil),
		record.Run{Project: "ashlar", Stack: "prod", References: map[string]map[string]string{cfg.Foundation: known}})
	if err != nil {
		return 0, 0, err
	}
	return time.Since(began), len(rec.Resources), nil
}

// preview lets the engine's test measure, which has the cloud that it needs,
// and prints the figures.
func preview(ctx context.Context, out io.Writer) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-count", "1", "-tags", "integration", "-v", "-run",
		"TestAPreviewOfTheExamplesIsQuick|TestAPreviewOfOneChangedOfAHundred", "./tests/engine")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "ASHLAR_TEST_HUNDRED=1")
	said, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("preview: %w\n%s", err, said)
	}
	for line := range strings.Lines(string(said)) {
		if _, figure, ok := strings.Cut(line, "_test.go:"); ok {
			_, figure, _ = strings.Cut(figure, ": ")
			fmt.Fprint(out, figure)
		}
	}
	return nil
}
