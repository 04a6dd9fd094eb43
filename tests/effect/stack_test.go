package effect

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/aws"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	platform "github.com/ashlar-dev/ashlar/stacks/aws/foundation"
	"github.com/ashlar-dev/ashlar/stacks/record"
	"github.com/ashlar-dev/ashlar/stacks/render"
)

// anywhere is config of workloads on any cluster, with everything switched on.
func anywhere(more ...string) map[string]string {
	return pairsOf(append([]string{
		"environment=dev", "provider=kubernetes", "layer=workloads", "image=registry.example.com/runtime:1.0.0",
		"storeUrl=s3://models/ashlar?region=eu-central-1", "databaseUrl=postgres://u:secret@db.example.com:5432/ashlar",
		"delivery=rollout", "pipelines=argo", "monitoring=true",
	}, more...)...)
}

// onAWS is config of workloads on a foundation.
func onAWS(more ...string) map[string]string {
	return pairsOf(append([]string{
		"environment=dev", "layer=workloads", "foundation=organization/ashlar/foundation-dev",
		"image=registry.example.com/runtime:1.0.0",
	}, more...)...)
}

// pairsOf reads KEY=VALUE pairs; the region is always there.
func pairsOf(pairs ...string) map[string]string {
	out := map[string]string{"aws:region": "eu-central-1"}
	for _, pair := range pairs {
		key, value, _ := strings.Cut(pair, "=")
		out["ashlar:"+key] = value
	}
	return out
}

// manifests is what the stack writes for the blueprint of dev by the config:
// the files but for the plan that pods read, or why there are none.
func manifests(values map[string]string) probe {
	return func(l *lab) string {
		p, err := blueprints.LoadDir(l.dir, values["ashlar:environment"])
		if err != nil {
			return err.Error()
		}
		out := rendered(l.T, values, l.dir, p)
		if !strings.HasPrefix(out, "-- ") && !l.changed {
			l.Fatalf("nothing is rendered of the base, so that nothing can be compared: %s", out)
		}
		return out
	}
}

// rendered runs the Pulumi program against a recorder.
func rendered(t *testing.T, values map[string]string, dir string, plans ...*plan.Plan) string {
	t.Helper()
	cfg, err := config.Read(values, "ashlar", "dev")
	if err != nil {
		return err.Error()
	}
	cfg.Folders = map[string]string{}
	for _, p := range plans {
		cfg.Folders[p.Name] = dir
	}
	if err := aws.Validate(plans, cfg); err != nil {
		return err.Error()
	}
	outputs := map[string]string{}
	for _, name := range aws.FoundationOutputs() {
		outputs[name] = record.Variable(name)
	}
	outputs[platform.OutName], outputs[platform.OutSchema] = "ashlar", cfg.Image
	outputs[platform.OutSchemas], outputs[platform.OutDataBucket] = cfg.Filled().DatabaseSchema, cfg.Existing.Bucket
	asked, cluster := "", &willing{}
	open := aws.Open(func(kubeconfig, context, server string) (aws.Cluster, error) {
		asked = context + " at " + server
		return cluster, nil
	})
	if cfg.Layer == config.LayerFoundation {
		open = nil // there is no account to ask for what exists
	}
	rec, err := record.Program(t.Context(), aws.Program(plans, cfg, open), record.Run{
		Project: "ashlar", Stack: cfg.Layer + "-" + cfg.Environment, Config: values,
		References: map[string]map[string]string{cfg.Foundation: outputs},
	})
	if err != nil {
		return err.Error()
	}
	files, err := render.All(rec, render.Options{Region: cfg.Region, Dir: filepath.Join(dir, "out"), Secrets: true})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	slices.Sort(cluster.objects)
	fmt.Fprintf(&b, "-- cluster --\n%s\n%s\n", asked, undigested(strings.Join(cluster.objects, "\n")))
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.Contains(string(files[name]), "plan.json: ") &&
			strings.Contains(string(files[name]), "kind: ConfigMap") {
			continue
		}
		fmt.Fprintf(&b, "-- %s --\n%s\n", undigested(name), undigested(string(files[name])))
	}
	return b.String()
}

// willing is a cluster that has no namespace of ours yet and every kind. It remembers
// the objects that it is asked for.
type willing struct {
	mu      sync.Mutex
	objects []string
}

func (*willing) Context() string { return "test" }
func (*willing) Server() string  { return "https://cluster.example.com" }

func (w *willing) Has(_ context.Context, groupVersion, kind, namespace, name string) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.objects = append(w.objects, strings.Join([]string{groupVersion, kind, namespace, name}, " "))
	return false, nil
}

func (*willing) Namespace(context.Context, string) (labels, annotations map[string]string, found bool, err error) {
	return nil, nil, false, nil
}

func (*willing) Kinds(context.Context, string) ([]string, error) {
	return []string{"Rollout", "WorkflowTemplate", "CronWorkflow", "PrometheusRule", "ServiceMonitor",
		"ValidatingAdmissionPolicy", "Gateway", "HTTPRoute", "IngressRoute", "TraefikService", "TargetGroupBinding",
		"Certificate"}, nil
}
