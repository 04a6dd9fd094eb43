// Package addons is what runs in every cluster of ours beside the workloads:
// Argo Workflows for pipelines, Argo Rollouts for progressive delivery,
// Prometheus for rules, a controller for load balancers and one for nodes. Big
// work runs on engines that exist; this pins their versions and closes what
// their charts leave open.
package addons

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	helm "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/helm/v3"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	storagev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/storage/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/identity"
	"github.com/ashlar-dev/ashlar/components/object"
)

// Addons is the Helm releases of a cluster.
type Addons struct {
	pulumi.ResourceState

	// Releases maps a chart's name to its version.
	Releases map[string]string
}

// build is one New in progress.
type build struct {
	ctx  *pulumi.Context
	name string
	args *Args
	c    *Addons
}

// New registers the add-ons. The arguments are validated first. The options
// carry the cluster's Kubernetes provider, by pulumi.Providers.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Addons, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Addons{Releases: map[string]string{}}
	if err := ctx.RegisterComponentResource("ashlar:addons:Addons", name, c, opts...); err != nil {
		return nil, fmt.Errorf("addons %s: %w", name, err)
	}
	b := &build{ctx: ctx, name: name, args: args, c: c}
	class, err := b.storageClass()
	if err != nil {
		return nil, fmt.Errorf("addons %s: storage class: %w", name, err)
	}
	needed := append(slices.Clone(args.After), class)
	for _, r := range releases {
		if !args.installs(r) {
			continue
		}
		installed, err := b.release(r, needed)
		if err != nil {
			return nil, fmt.Errorf("addons %s: %s: %w", name, r.chart, err)
		}
		c.Releases[r.chart] = r.version
		if r.chart == stack {
			needed = append(needed, installed)
		}
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"releases": pulumi.ToStringMap(c.Releases)})
}

// release registers a chart in a namespace of its own, with a role where it calls AWS.
// The role is bound before the chart's pods start: they look for credentials once.
func (b *build) release(r release, needed []pulumi.Resource) (pulumi.Resource, error) {
	namespace, err := corev1.NewNamespace(b.ctx, r.namespace, &corev1.NamespaceArgs{
		Metadata: metav1.ObjectMetaArgs{Name: pulumi.String(r.namespace), Labels: b.labels(r.level),
			Annotations: pulumi.StringMap{object.Force: pulumi.String("true")}},
	}, pulumi.Parent(b.c), pulumi.DependsOn(b.args.After))
	if err != nil {
		return nil, fmt.Errorf("namespace: %w", err)
	}
	needed = append(slices.Clone(needed), namespace)
	if r.statements != nil {
		who, err := identity.New(b.ctx, b.name+"-"+r.chart, &identity.Args{
			RoleName:    b.args.Prefix + "-" + short(r.chart),
			ClusterName: b.args.ClusterName, ClusterArn: b.args.ClusterArn,
			Namespace: r.namespace, ServiceAccount: r.chart,
			Statements: r.statements(b.args), Tags: b.args.Tags,
		}, pulumi.Parent(b.c))
		if err != nil {
			return nil, err
		}
		needed = append(needed, who.Association)
	}
	args := &helm.ReleaseArgs{
		Name:           pulumi.String(r.chart),
		Namespace:      namespace.Metadata.Name().Elem(),
		Chart:          pulumi.String(r.chart),
		Version:        pulumi.String(r.version),
		RepositoryOpts: helm.RepositoryOptsArgs{Repo: pulumi.String(r.repository)},
		Values:         pulumi.ToMap(r.values(b.args)),
		// Undone when it does not come up in ten minutes.
		Atomic: pulumi.Bool(true), CleanupOnFail: pulumi.Bool(true), Timeout: pulumi.Int(600),
		MaxHistory: pulumi.Int(5),
	}
	if strings.HasPrefix(r.repository, "oci://") { // a registry has no index of charts
		args.Chart, args.RepositoryOpts = pulumi.String(r.repository+"/"+r.chart), nil
	}
	return helm.NewRelease(b.ctx, r.chart, args, pulumi.Parent(b.c), pulumi.DependsOn(needed))
}

// labels holds pods of the namespace to the level, and warns of what the
// strictest would refuse.
func (b *build) labels(level string) pulumi.StringMap {
	labels := map[string]string{
		"app.kubernetes.io/part-of":          "ashlar",
		"pod-security.kubernetes.io/enforce": level,
		"pod-security.kubernetes.io/warn":    "restricted",
	}
	if level == "privileged" {
		labels["pod-security.kubernetes.io/warn"] = level
	}
	maps.Copy(labels, b.args.Labels)
	return pulumi.ToStringMap(labels)
}

// storageClass has disks encrypted under our key, or the account's on a cluster that is
// shared, made in the zone in which the pod that asks for them runs. It is the default
// of a cluster of ours.
func (b *build) storageClass() (pulumi.Resource, error) {
	parameters := pulumi.StringMap{"type": pulumi.String("gp3"), "encrypted": pulumi.String("true")}
	if !b.args.Shared {
		parameters["kmsKeyId"] = b.args.KMSKeyArn
	}
	return storagev1.NewStorageClass(b.ctx, StorageClass, &storagev1.StorageClassArgs{
		Metadata: metav1.ObjectMetaArgs{
			Name: pulumi.String(StorageClass),
			Annotations: pulumi.StringMap{
				"storageclass.kubernetes.io/is-default-class": pulumi.String(strconv.FormatBool(!b.args.Shared)),
				object.Force: pulumi.String("true")},
		},
		Provisioner:          pulumi.String("ebs.csi.aws.com"),
		Parameters:           parameters,
		AllowVolumeExpansion: pulumi.Bool(true),
		ReclaimPolicy:        pulumi.String("Delete"),
		VolumeBindingMode:    pulumi.String("WaitForFirstConsumer"),
	}, pulumi.Parent(b.c))
}

// short keeps a role's name within IAM's 64 whatever the prefix.
func short(chart string) string {
	if len(chart) > 23 {
		return chart[:23]
	}
	return chart
}
