package aws

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/foundation"
)

// base is what the workloads know of where they run: from the foundation's
// outputs on AWS, from Config on any other cluster. Fields that the provider
// does not have are outputs of an empty text.
type base struct {
	Region             pulumi.StringOutput
	AccountID          pulumi.StringOutput
	ClusterName        pulumi.StringOutput
	NetworkCIDR        pulumi.StringOutput
	DataKeyArn         pulumi.StringOutput
	LogsBucket         pulumi.StringOutput
	DatabaseHost       pulumi.StringOutput
	DatabasePort       pulumi.StringOutput
	DatabaseName       pulumi.StringOutput
	DatabaseResourceID pulumi.StringOutput
	DatabaseSecretArn  pulumi.StringOutput
	RegistryURL        pulumi.StringOutput
	BoundaryArn        pulumi.StringOutput

	StoreURL    pulumi.StringOutput // ProviderKubernetes: s3://bucket/prefix?...
	DatabaseURL pulumi.StringOutput // ProviderKubernetes: postgres://..., the owner's, marked secret
	// DutyURLs are what workloads reach it by, each duty by a user of its own;
	// marked secret too.
	DutyURLs map[plan.Duty]pulumi.StringOutput

	// Kubernetes is the provider of the cluster's objects; nil on any other
	// cluster, where Pulumi's default provider reads the user's kubeconfig.
	Kubernetes pulumi.ProviderResource
}

// options returns the options of a Kubernetes object that depends on b.
func (b base) options() []pulumi.ResourceOption {
	if b.Kubernetes == nil {
		return nil
	}
	return []pulumi.ResourceOption{pulumi.Provider(b.Kubernetes)}
}

// outputs pairs the foundation's outputs with base's fields.
func (b *base) outputs() map[string]*pulumi.StringOutput {
	return map[string]*pulumi.StringOutput{
		foundation.OutRegion: &b.Region, foundation.OutAccount: &b.AccountID, foundation.OutClusterName: &b.ClusterName,
		foundation.OutNetworkCIDR: &b.NetworkCIDR, foundation.OutDataKey: &b.DataKeyArn,
		foundation.OutLogsBucket:   &b.LogsBucket,
		foundation.OutDatabaseHost: &b.DatabaseHost, foundation.OutDatabasePort: &b.DatabasePort,
		foundation.OutDatabaseName:     &b.DatabaseName,
		foundation.OutDatabaseResource: &b.DatabaseResourceID, foundation.OutDatabaseSecret: &b.DatabaseSecretArn,
		foundation.OutRegistry: &b.RegistryURL, foundation.OutBoundary: &b.BoundaryArn,
	}
}

// newBase reads where the workloads run. A foundation that is not there, or
// that lacks outputs, is an error which names all that it lacks.
func newBase(ctx *pulumi.Context, cfg config.Config) (base, error) {
	var b base
	for _, field := range b.outputs() {
		*field = pulumi.String("").ToStringOutput()
	}
	b.StoreURL = pulumi.String(cfg.StoreURL).ToStringOutput()
	b.DatabaseURL = pulumi.ToSecret(pulumi.String(cfg.DatabaseURL)).(pulumi.StringOutput)
	if cfg.Provider == config.ProviderKubernetes {
		var err error
		b.DutyURLs, err = dutyURLs(cfg)
		return b, err
	}
	ref, err := pulumi.NewStackReference(ctx, cfg.Foundation, nil)
	if err != nil {
		return base{}, fmt.Errorf("foundation %s: %w", cfg.Foundation, err)
	}
	fields := b.outputs()
	var kubeconfig pulumi.StringOutput
	fields[foundation.OutKubeconfig] = &kubeconfig
	var missing []string
	for _, name := range sorted(fields) {
		value, err := ref.GetOutputDetails(name)
		if err != nil {
			return base{}, fmt.Errorf("foundation %s: %w", cfg.Foundation, err)
		}
		text := outputText(value)
		if text == "" {
			missing = append(missing, name)
		}
		*fields[name] = pulumi.String(text).ToStringOutput()
	}
	if len(missing) > 0 {
		return base{}, errors.New("foundation " + cfg.Foundation + " has no output " + strings.Join(missing, ", ") +
			": run `pulumi up` on that stack first, with this version of the program")
	}
	b.Kubernetes, err = kubernetes.NewProvider(ctx, foundation.KubernetesProvider, &kubernetes.ProviderArgs{
		Kubeconfig: kubeconfig, EnableServerSideApply: pulumi.Bool(true),
	})
	return b, err
}

// dutyURLs derives the URLs of the duties from the owner's.
func dutyURLs(cfg config.Config) (map[plan.Duty]pulumi.StringOutput, error) {
	urls, err := plan.DutyURLs(cfg.DatabaseURL)
	if err != nil {
		return nil, fmt.Errorf("config ashlar:databaseUrl: %w", err)
	}
	out := map[plan.Duty]pulumi.StringOutput{}
	for d, u := range urls {
		out[d] = pulumi.ToSecret(pulumi.String(u)).(pulumi.StringOutput)
	}
	return out, nil
}

// outputText returns a stack output as text, "" where there is none.
func outputText(d *pulumi.StackReferenceOutputDetails) string {
	v := d.Value
	if v == nil {
		v = d.SecretValue
	}
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}

// FoundationOutputs returns the names of what the workloads read from a
// foundation, sorted.
func FoundationOutputs() []string { return foundation.Outputs() }
