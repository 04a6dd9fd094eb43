package aws

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/foundation"
)

// credit is the blueprint that has everything: a canary, drift that retrains,
// objectives, a schedule with retries.
func credit() *plan.Plan {
	weight := 10
	return &plan.Plan{
		APIVersion: plan.APIVersion, Name: "credit-risk", Environment: "prod",
		Owner: plan.Owner{Team: "Lending & Risk", Email: "lending@example.com"},
		Datasets: map[string]plan.Dataset{
			"applications": {Source: "data/credit_data.csv", Format: "csv", Retention: "730d",
				Columns: map[string]plan.Column{"Status": {Type: plan.Category}}},
			"unused": {Source: "data/unused.csv", Format: "csv"},
		},
		Models: map[string]plan.Model{
			"default-risk": {Dataset: "applications", Target: "Status", Task: plan.Binary,
				Require: plan.Require{Metrics: map[string]plan.Predicate{"roc_auc": {{Op: plan.GreaterEqual,
					Value: 0.8}}}}},
		},
		Pipelines: map[string]plan.Pipeline{"nightly": {Model: "default-risk", Schedule: "@daily", Retries: 1,
			RetryDelay: "5m", OnFailure: plan.OnFailure{Email: []string{"oncall@example.com"}}}},
		Endpoints: map[string]plan.Endpoint{"scoring": {
			Access: &plan.Access{Keys: &plan.AccessKeys{}},
			Model:  "default-risk", Replicas: plan.Replicas{Min: 3, Max: 10}, Limits: plan.Limits{Timeout: "10s"},
			Strategy: plan.Strategy{Canary: &plan.Canary{Steps: []plan.Step{{SetWeight: &weight},
				{Pause: "5m"}, {Pause: "manual"}}}},
			Drift: &plan.Drift{Window: "1h", Alert: plan.DriftAlert{Share: 0.5, Windows: 2, Of: 3}, Retrain: true},
		}},
		SLOs: map[string]plan.SLO{
			"availability": {Endpoint: "scoring", Objective: 99.9, Indicator: "availability", Window: "30d"},
			"latency": {Endpoint: "scoring", Objective: 99, Indicator: "latency",
				Threshold: plan.Threshold{Duration: "50ms"}, Window: "30d"},
		},
	}
}

// churn has blue-green, data in a bucket of somebody else's, and no schedule.
func churn() *plan.Plan {
	return &plan.Plan{
		APIVersion: plan.APIVersion, Name: "customer-churn", Environment: "prod",
		Owner: plan.Owner{Team: "retention", Email: "retention@example.com"},
		Datasets: map[string]plan.Dataset{"customers": {Source: "s3://corp-data/churn/2024-*.csv?region=eu-west-1",
			Format: "csv"}},
		Models:    map[string]plan.Model{"churn": {Dataset: "customers", Target: "churn", Task: plan.Binary}},
		Pipelines: map[string]plan.Pipeline{"weekly": {Model: "churn"}},
		Endpoints: map[string]plan.Endpoint{"churn": {
			Access: &plan.Access{Public: true},
			Model:  "churn", Replicas: plan.Replicas{Min: 1, Max: 1},
			Strategy: plan.Strategy{BlueGreen: &plan.BlueGreen{}},
			Drift:    &plan.Drift{Window: "24h", Alert: plan.DriftAlert{Share: 0.5, Windows: 1, Of: 1}},
		}},
	}
}

const image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/ashlar-prod/runtime:1.0.0"

// cloud is the config of workloads on AWS.
func cloud() config.Config {
	c := config.Defaults(config.LayerWorkloads, config.ProviderAWS, "prod")
	c.Region, c.Image, c.CostCentre, c.Foundation = "eu-central-1", image, "ml-42",
		"organization/ashlar/foundation-prod"
	return c.Filled()
}

const password = "correct-horse-battery"

// elsewhere is the config of workloads on any cluster.
func elsewhere() config.Config {
	c := config.Defaults(config.LayerWorkloads, config.ProviderKubernetes, "prod")
	c.Image, c.StoreURL = "registry.local/runtime:1.0.0",
		"s3://ml/team?region=eu-central-1&endpoint=http://minio.storage.svc:9000&use_path_style=true"
	c.DatabaseURL = "postgres://ashlar:" + password + "@10.1.2.3:5433/ashlar?sslmode=disable"
	return c.Filled()
}

// foundationOf is a foundation as its outputs say.
func foundationOf(cfg config.Config) base {
	var b base
	for name, field := range b.outputs() {
		*field = pulumi.String("known-" + name).ToStringOutput()
	}
	for field, text := range map[*pulumi.StringOutput]string{
		&b.AccountID: pulumitest.Account, &b.NetworkCIDR: "10.0.0.0/16", &b.DatabasePort: "5432",
		&b.DatabaseResourceID: "db-ABC",
		&b.DataKeyArn:         "arn:aws:kms:eu-central-1:123456789012:key/data",
	} {
		*field = pulumi.String(text).ToStringOutput()
	}
	b.DatabaseURL = pulumi.ToSecret(pulumi.String(cfg.DatabaseURL)).(pulumi.StringOutput)
	if cfg.Provider == config.ProviderKubernetes {
		var err error
		if b.DutyURLs, err = dutyURLs(cfg); err != nil {
			panic(err)
		}
	}
	return b
}

// registered is what the plans register where cfg says.
func registered(t *testing.T, cfg config.Config, plans ...*plan.Plan) *pulumitest.Recording {
	t.Helper()
	if err := Validate(plans, cfg); err != nil {
		t.Fatal(err)
	}
	return pulumitest.Must(t, func(ctx *pulumi.Context) error { return workloads(ctx, plans, cfg, foundationOf(cfg)) })
}

// objects are the recording's Kubernetes objects.
func objects(r *pulumitest.Recording) []pulumitest.Resource {
	var out []pulumitest.Resource
	for _, res := range r.Resources {
		if strings.HasPrefix(res.Type, "kubernetes:") && !res.Component {
			out = append(out, res)
		}
	}
	return out
}

// podSpecs are the pod specs inside a resource, by where they are.
func podSpecs(r pulumitest.Resource) map[string]map[string]any {
	out := map[string]map[string]any{}
	walk("", r.Inputs, func(path string, m map[string]any) {
		if _, ok := m["containers"].([]any); ok {
			out[path] = m
		}
	})
	return out
}

// walk visits every map below v.
func walk(path string, v any, visit func(string, map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		visit(path, v)
		for key, one := range v {
			walk(path+"."+key, one, visit)
		}
	case []any:
		for i, one := range v {
			walk(fmt.Sprintf("%s.%d", path, i), one, visit)
		}
	}
}

// text is everything that the resource says.
func text(r pulumitest.Resource) string { return fmt.Sprint(r.Inputs) }

func TestTheWorkloadsReadWhatTheFoundationExports(t *testing.T) {
	read := append(sorted(new(base).outputs()), foundation.OutKubeconfig)
	read = append(read, foundation.OutName, foundation.OutSchema, foundation.OutSchemas,
		foundation.OutDataBucket) // which are compared
	slices.Sort(read)
	if !slices.Equal(read, FoundationOutputs()) {
		t.Errorf("the workloads read %v, and the foundation exports %v", read, FoundationOutputs())
	}
}
