// Command policy times the policies: every pack that ships over a hundred
// blueprints and over five thousand resources that our own program registers,
// and what the analyzer adds to a preview, a resource. There is no peer beside
// it; the budgets are our own.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/stacks/aws"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/record"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "policy:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	if err := overBlueprints(out); err != nil {
		return err
	}
	resources, err := recorded(ctx)
	if err != nil {
		return err
	}
	if err := overResources(out, resources); err != nil {
		return err
	}
	return analyzer(ctx, out, resources)
}

// line writes one figure with its budget.
func line(out io.Writer, what string, took, budget time.Duration) {
	fmt.Fprintf(out, "%-60s %10s   (budget %s)\n", what, took.Round(10*time.Microsecond), budget)
}

// overBlueprints loads the packs once and holds 100 copies of the credit
// example, in both environments, against them.
func overBlueprints(out io.Writer) error {
	began := time.Now()
	set, err := policies.New(policies.Shipped()...)
	if err != nil {
		return err
	}
	line(out, fmt.Sprintf("load %d rules", len(set.Rules())), time.Since(began), 100*time.Millisecond)
	began = time.Now()
	var loader blueprints.Loader
	judge, plans, findings := set.Judge(), 0, 0
	for range 100 {
		loaded, err := loader.LoadDir("blueprints/examples/credit", "")
		if err != nil {
			return err
		}
		for _, one := range loaded {
			found, err := judge.Check(one.Plan, time.Now())
			if err != nil {
				return err
			}
			plans, findings = plans+1, findings+len(found)
		}
	}
	line(out, fmt.Sprintf("all packs over 100 blueprints (%d plans, %d findings)", plans, findings),
		time.Since(began), 10*time.Second)
	return nil
}

// recorded are what the program registers for the examples' workloads.
func recorded(ctx context.Context) ([]*record.Resource, error) {
	credit, err := blueprints.LoadDir("blueprints/examples/credit", "prod")
	if err != nil {
		return nil, err
	}
	cfg := config.Defaults(config.LayerFoundation, config.ProviderAWS, "prod")
	cfg.Region = "eu-central-1"
	foundation, err := record.Program(ctx, aws.Program(nil, cfg, nil),
		record.Run{Project: "ashlar", Stack: "foundation-prod", Config: map[string]string{"aws:region": cfg.Region}})
	if err != nil {
		return nil, err
	}
	cfg = config.Defaults(config.LayerWorkloads, config.ProviderKubernetes, "prod")
	cfg.Image, cfg.StoreURL = "registry.example.com/ashlar-runtime:1.0.0", "s3://models/ashlar?region=eu-central-1"
	cfg.DatabaseURL = "postgres://ashlar:x@db.example.com:5432/ashlar?sslmode=verify-full"
	workloads, err := record.Program(ctx, aws.Program([]*plan.Plan{credit}, cfg, nil),
		record.Run{Project: "ashlar", Stack: "prod"})
	if err != nil {
		return nil, err
	}
	return append(foundation.Resources, workloads.Resources...), nil
}

// overResources repeats the resources, under names of their own, to 5,000.
func overResources(out io.Writer, resources []*record.Resource) error {
	set, err := policies.New(policies.Shipped()...)
	if err != nil {
		return err
	}
	var all []policies.Registered
	for round := 0; len(all) < 5000; round++ {
		for _, r := range resources {
			one := policies.Registered{URN: fmt.Sprintf("%s-%d", r.URN, round), Type: r.Type,
				Name: fmt.Sprintf("%s-%d", r.Name, round), Properties: record.PlainMap(r.Inputs)}
			for _, urns := range r.PropertyDependencies {
				for _, urn := range urns {
					one.References = append(one.References, fmt.Sprintf("%s-%d", urn, round))
				}
			}
			all = append(all, one)
		}
	}
	began := time.Now()
	judge := set.Judge()
	for _, r := range all {
		judge.CheckResource(r, "prod", time.Now())
	}
	judge.CheckStack(all, "prod", time.Now())
	line(out, fmt.Sprintf("all packs over %d recorded resources", len(all)), time.Since(began), 5*time.Second)
	return nil
}

// analyzer asks the analyzer, as the engine does, about every resource.
func analyzer(ctx context.Context, out io.Writer, resources []*record.Resource) error {
	dir, err := os.MkdirTemp("", "ashlar-policy-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "analyzer")
	if said, err := exec.CommandContext(ctx, "go", "build", "-o", binary,
		"./cmd/pulumi-analyzer-policy-cue").CombinedOutput(); err != nil {
		return fmt.Errorf("build the analyzer: %w\n%s", err, said)
	}
	cmd := exec.CommandContext(ctx, binary, "", dir, "-packs=none")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	port, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}()
	text, err := bufio.NewReader(port).ReadString('\n')
	if err != nil {
		return fmt.Errorf("the analyzer says no port: %w", err)
	}
	conn, err := grpc.NewClient("127.0.0.1:"+strings.TrimSpace(text),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	client := pulumirpc.NewAnalyzerClient(conn)
	began := time.Now()
	if _, err := client.Handshake(ctx, &pulumirpc.AnalyzerHandshakeRequest{}); err != nil {
		return err
	}
	line(out, "start the analyzer", time.Since(began), time.Second)
	began = time.Now()
	for _, r := range resources {
		properties, err := plugin.MarshalProperties(r.Inputs,
			plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
		if err != nil {
			return err
		}
		req := &pulumirpc.AnalyzeRequest{Type: r.Type, Name: r.Name, Urn: r.URN, Properties: properties}
		if _, err := client.Remediate(ctx, req); err != nil {
			return err
		}
		if _, err := client.Analyze(ctx, req); err != nil {
			return err
		}
	}
	line(out, fmt.Sprintf("what the analyzer adds to a preview, a resource (of %d)", len(resources)),
		time.Since(began)/time.Duration(len(resources)), 10*time.Millisecond)
	return nil
}
