// Package namespace is where a blueprint's workloads live: confined by Pod
// Security's "restricted" level, bounded by a quota, and cut off from the
// network but for DNS and the flows that the plan needs.
package namespace

import (
	"fmt"
	"strconv"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
)

// Namespace is a namespace and what confines it.
type Namespace struct {
	pulumi.ResourceState

	Name pulumi.StringOutput
	// Object is the namespace itself, for what must come after it.
	Object *corev1.Namespace
}

// New registers the namespace. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Namespace, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Namespace{}
	if err := ctx.RegisterComponentResource("ashlar:namespace:Namespace", name, c, opts...); err != nil {
		return nil, fmt.Errorf("namespace %s: %w", name, err)
	}
	ns, err := corev1.NewNamespace(ctx, name, &corev1.NamespaceArgs{
		Metadata: object.Meta("", args.Name, object.With(args.Labels,
			"pod-security.kubernetes.io/enforce", "restricted",
			"pod-security.kubernetes.io/audit", "restricted",
			"pod-security.kubernetes.io/warn", "restricted"), args.Annotations),
	}, pulumi.Parent(c), pulumi.Protect(args.Protect))
	if err != nil {
		return nil, fmt.Errorf("namespace %s: %w", name, err)
	}
	inside := []pulumi.ResourceOption{pulumi.Parent(c), pulumi.DependsOn([]pulumi.Resource{ns})}
	if err := args.bounds(ctx, name, inside); err != nil {
		return nil, fmt.Errorf("namespace %s: %w", name, err)
	}
	if err := args.network(ctx, name, inside); err != nil {
		return nil, fmt.Errorf("namespace %s: network: %w", name, err)
	}
	c.Object, c.Name = ns, pulumi.String(args.Name).ToStringOutput()
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"name": c.Name})
}

// bounds registers the quota and what a container gets that has no constraint:
// the engines' own helpers do not ask, and a quota refuses those who do not.
func (a *Args) bounds(ctx *pulumi.Context, name string, opts []pulumi.ResourceOption) error {
	if _, err := corev1.NewResourceQuota(ctx, name, &corev1.ResourceQuotaArgs{
		Metadata: object.Meta(a.Name, "quota", a.Labels, nil),
		Spec: corev1.ResourceQuotaSpecArgs{Hard: pulumi.StringMap{
			"pods":            pulumi.String(strconv.Itoa(a.Quota.Pods)),
			"requests.cpu":    pulumi.String(strconv.Itoa(a.Quota.CPU)),
			"requests.memory": pulumi.String(fmt.Sprintf("%dGi", a.Quota.MemoryGi)),
			"limits.memory":   pulumi.String(fmt.Sprintf("%dGi", a.Quota.MemoryGi)),
			// A GPU that no blueprint of the namespace asks for is left to other namespaces.
			"requests." + pod.GPUResource: pulumi.String(strconv.Itoa(a.Quota.GPU)),
			// Nothing here opens a door to the outside or keeps a disk.
			"services.loadbalancers": pulumi.String("0"),
			"services.nodeports":     pulumi.String("0"),
			"persistentvolumeclaims": pulumi.String("0"),
		}},
	}, opts...); err != nil {
		return fmt.Errorf("quota: %w", err)
	}
	_, err := corev1.NewLimitRange(ctx, name, &corev1.LimitRangeArgs{
		Metadata: object.Meta(a.Name, "defaults", a.Labels, nil),
		Spec: corev1.LimitRangeSpecArgs{Limits: corev1.LimitRangeItemArray{corev1.LimitRangeItemArgs{
			Type:           pulumi.String("Container"),
			DefaultRequest: pulumi.StringMap{"cpu": pulumi.String("50m"), "memory": pulumi.String("64Mi")},
			Default:        pulumi.StringMap{"memory": pulumi.String("256Mi")},
		}}},
	}, opts...)
	if err != nil {
		return fmt.Errorf("limits: %w", err)
	}
	return nil
}
