package aws

import (
	"fmt"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	configmap "github.com/ashlar-dev/ashlar/components/config"
	"github.com/ashlar-dev/ashlar/components/pod"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
	"github.com/ashlar-dev/ashlar/stacks/aws/migration"
)

// size is what a workload's pod gets, with the size of its /tmp.
type size struct {
	plan.Resources
	scratch string
}

// serving is the size of a pod that serves, whose model is small on disk.
func serving(r plan.Resources) size { return size{r, "256Mi"} }

// training is the size of a pod that trains, which spills its table to disk.
func training(r plan.Resources) size { return size{r, "20Gi"} }

// The sizes of pods that a blueprint says nothing of.
var (
	// A backup holds about 200 bytes an object and writes large ones to /tmp.
	sizeBackup   = size{plan.Resources{CPU: "200m", Memory: "1Gi"}, "8Gi"}
	sizeWatching = size{plan.Resources{CPU: "100m", Memory: "512Mi"}, "1Gi"}
	sizeFinish   = size{plan.Resources{CPU: "100m", Memory: "256Mi"}, "64Mi"}
)

// storeCredentials is the Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the
// namespace of a cluster without identities. The stack makes it of its config's keys;
// without them a user may, before pods that read it start.
const storeCredentials = "ashlar-store" //nolint:gosec // a Secret's name

// pod returns what the pods of a workload run.
func (s *site) pod(w lineage.Workload, size size, command ...string) pod.Args {
	p := pod.Args{
		Image:          pulumi.String(s.cfg.Image),
		Command:        append([]string{pod.Binary}, command...),
		Env:            s.env(w),
		Plan:           configmap.PlanName(s.text),
		ServiceAccount: w.ID(),
		CPU:            size.CPU, Memory: size.Memory, GPU: size.GPU, Scratch: size.scratch,
		Labels: s.planned(s.labels(w.Kind, w.Name)),
	}
	connect(s.cfg, s.base, w.Duty(), &p)
	return p
}

// class is the PriorityClass of the pods of what has the priority.
func (s *site) class(priority plan.Priority) (string, error) {
	key, class := "", ""
	switch priority {
	case "":
		return "", nil
	case plan.HighPriority:
		key, class = "highPriorityClass", s.cfg.HighPriorityClass
	case plan.LowPriority:
		key, class = "lowPriorityClass", s.cfg.LowPriorityClass
	}
	if class == "" {
		return "", fmt.Errorf("priority %q has no class: name a PriorityClass of the cluster with `pulumi config set %s CLASS`, or remove the priority", priority, key)
	}
	return class, nil
}

// env are the variables that say where a pod runs. Each follows from a grant,
// so a pod is not even told where the things are that it must not touch.
func (s *site) env(w lineage.Workload) map[string]pulumi.StringInput {
	out := map[string]pulumi.StringInput{
		"ASHLAR_PLAN":   pulumi.String(pod.PlanDir + "/" + pod.PlanFile),
		"ASHLAR_AUTHOR": pulumi.String(w.Kind + "/" + w.Name),
	}
	if w.May(lineage.ReadStore) || w.May(lineage.WriteStore) {
		out["ASHLAR_STORE"] = s.storeURL
	}
	for _, dataset := range w.Targets(lineage.ReadData) {
		if at, ok := s.dataURLs[dataset]; ok {
			out["ASHLAR_DATA"] = at
		}
	}
	if s.onAWS() {
		out["AWS_REGION"] = pulumi.String(s.cfg.Region)
	}
	maps.Copy(out, s.tracing(w))
	return out
}

// tracing are OpenTelemetry's variables: where traces are sent, of which there are none
// where that is not said, and what they say of the workload.
func (s *site) tracing(w lineage.Workload) map[string]pulumi.StringInput {
	t := s.cfg.Tracing
	if t.Endpoint == "" {
		return nil
	}
	out := map[string]pulumi.StringInput{
		"OTEL_EXPORTER_OTLP_ENDPOINT": pulumi.String(t.Endpoint),
		"OTEL_SERVICE_NAME":           pulumi.String(w.ID()),
		"OTEL_RESOURCE_ATTRIBUTES": pulumi.String("service.namespace=" + s.plan.Name +
			",deployment.environment.name=" + s.plan.Environment + ",k8s.namespace.name=" + s.namespace),
	}
	if t.Ratio != "" {
		out["OTEL_TRACES_SAMPLER"] = pulumi.String("parentbased_traceidratio")
		out["OTEL_TRACES_SAMPLER_ARG"] = pulumi.String(t.Ratio)
	}
	return out
}

// connect tells a pod how to reach the database as the user of its duty: with
// the identity that it has on AWS, elsewhere with the URL in the duty's Secret.
func connect(c config.Config, b base, d plan.Duty, p *pod.Args) {
	p.Env = maps.Clone(p.Env)
	if c.Provider == config.ProviderAWS {
		p.Env["ASHLAR_DATABASE"] = pulumi.Sprintf("postgres://%s@%s:%s/%s?sslmode=verify-full&search_path=%s",
			d.User(c.DatabaseSchema), b.DatabaseHost, b.DatabasePort, b.DatabaseName, c.DatabaseSchema)
		p.Env["ASHLAR_DATABASE_AUTH"] = pulumi.String("iam")
		return
	}
	p.Env["ASHLAR_DATABASE_AUTH"] = pulumi.String("password")
	p.Secrets = []pod.Secret{{Variable: "ASHLAR_DATABASE", Name: migration.Secret(d), Key: configmap.DatabaseKey}}
	p.Credentials, p.CredentialsNeeded = storeCredentials, c.StoreKey != ""
}
