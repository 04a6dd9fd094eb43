package aws

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
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
	RegistryURL        pulumi.StringOutput
	BoundaryArn        pulumi.StringOutput

	StoreURL    pulumi.StringOutput // ProviderKubernetes: s3://bucket/prefix?...
	DatabaseURL pulumi.StringOutput // ProviderKubernetes: postgres://..., the owner's, marked secret
	// DutyURLs are what workloads reach it by, each duty by a user of its own;
	// marked secret too.
	DutyURLs map[plan.Duty]pulumi.StringOutput

	// Kubernetes is the provider of the cluster's objects.
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
		foundation.OutDatabaseResource: &b.DatabaseResourceID,
		foundation.OutRegistry:         &b.RegistryURL, foundation.OutBoundary: &b.BoundaryArn,
	}
}

// newBase reads where the workloads run. A foundation that is not there, or
// that lacks outputs, is an error which names all that it lacks.
func newBase(ctx *pulumi.Context, plans []*plan.Plan, cfg config.Config, open Open) (base, error) {
	var b base
	for _, field := range b.outputs() {
		*field = pulumi.String("").ToStringOutput()
	}
	b.StoreURL = pulumi.String(cfg.StoreURL).ToStringOutput()
	b.DatabaseURL = pulumi.ToSecret(pulumi.String(cfg.DatabaseURL)).(pulumi.StringOutput)
	if cfg.Provider == config.ProviderKubernetes {
		return b, b.anywhere(ctx, plans, cfg, open)
	}
	ref, err := pulumi.NewStackReference(ctx, cfg.Foundation, nil)
	if err != nil {
		return base{}, fmt.Errorf("foundation %s: %w", cfg.Foundation, err)
	}
	known, err := readOutputs(ref, cfg, open != nil)
	if err != nil {
		return base{}, err
	}
	for name, field := range b.outputs() {
		*field = pulumi.String(known[name]).ToStringOutput()
	}
	if _, err := target(ctx, plans, cfg, known[foundation.OutKubeconfig], open); err != nil {
		return base{}, err
	}
	b.Kubernetes, err = kubernetes.NewProvider(ctx, foundation.KubernetesProvider, &kubernetes.ProviderArgs{
		Kubeconfig: pulumi.String(known[foundation.OutKubeconfig]), EnableServerSideApply: pulumi.Bool(true),
	})
	return b, err
}

// readOutputs reads what the foundation exports, and reports all that it lacks. In a
// rendering, which is not live, values are variables that say nothing of it.
func readOutputs(ref *pulumi.StackReference, cfg config.Config, live bool) (map[string]string, error) {
	known := map[string]string{}
	var missing []string
	for _, name := range foundation.Outputs() {
		value, err := ref.GetOutputDetails(name)
		if err != nil {
			return nil, fmt.Errorf("foundation %s: %w", cfg.Foundation, err)
		}
		known[name] = outputText(value)
		if known[name] == "" && name != foundation.OutSchema && name != foundation.OutDataBucket {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return nil, errors.New("foundation " + cfg.Foundation + " has no output " + strings.Join(missing, ", ") +
			": run `pulumi up` on that stack first, with this version of the program")
	}
	if known[foundation.OutSchema] == "" {
		return nil, fmt.Errorf("foundation %s has not migrated its database yet: push the runtime's image to %s, then run `pulumi config set image IMAGE` and `pulumi up` on that stack", cfg.Foundation, known[foundation.OutRegistry])
	}
	if own := cfg.DatabaseSchema; live && !slices.Contains(strings.Split(known[foundation.OutSchemas], ","), own) {
		return nil, fmt.Errorf("foundation %s has no schema %s in its database, but %s: add %s to its tenants, or run `pulumi config set name NAME` here with the name of one", cfg.Foundation, own, known[foundation.OutSchemas], cfg.Name)
	}
	if own, shared := cfg.Existing.Bucket, known[foundation.OutDataBucket]; live && own != shared {
		return nil, otherBucket(cfg.Foundation, own, shared)
	}
	if name := known[foundation.OutName]; live && name != cfg.Installation {
		return nil, fmt.Errorf("foundation %s is called %s: run `pulumi config set installation %s`",
			cfg.Foundation, name, name)
	}
	return known, nil
}

// otherBucket says that workloads would keep their data where their roles may not go, or
// where nobody looks for it.
func otherBucket(foundation, own, shared string) error {
	switch {
	case own == "":
		return fmt.Errorf("foundation %s has workloads keep their data in bucket %s: run `pulumi config set --path existing.bucket %s`", foundation, shared, shared)
	case shared == "":
		return fmt.Errorf("config existing.bucket: %s: foundation %s does not let workloads use it: set existing.bucket there first and run `pulumi up` on that stack, or take it out here", own, foundation)
	}
	return fmt.Errorf("config existing.bucket: %s: foundation %s has workloads keep their data in %s; name that", own, foundation, shared)
}

// anywhere is base on any other cluster, whose provider is of the context that was
// verified: Pulumi's default one would take whatever context is the current.
func (b *base) anywhere(ctx *pulumi.Context, plans []*plan.Plan, cfg config.Config, open Open) error {
	var err error
	if b.DutyURLs, err = dutyURLs(cfg); err != nil {
		return err
	}
	c, err := target(ctx, plans, cfg, "", open)
	if err != nil {
		return err
	}
	args := &kubernetes.ProviderArgs{EnableServerSideApply: pulumi.Bool(true)}
	if c != nil {
		args.Context, args.ClusterIdentifier = pulumi.String(c.Context()),
			pulumi.String(cmp.Or(cfg.Server, cfg.Context))
	}
	b.Kubernetes, err = kubernetes.NewProvider(ctx, foundation.KubernetesProvider, args)
	return err
}

// dutyURLs derives the URLs of the duties from the owner's.
func dutyURLs(cfg config.Config) (map[plan.Duty]pulumi.StringOutput, error) {
	urls, err := plan.DutyURLs(cfg.DatabaseURL, cfg.DatabaseSchema)
	if err != nil {
		return nil, fmt.Errorf("config databaseUrl: %w", err)
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
