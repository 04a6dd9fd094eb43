package karpenter

import (
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/cluster"
	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
)

// The kinds of Karpenter's objects.
const (
	PoolVersion  = "karpenter.sh/v1"
	PoolKind     = "NodePool"
	classGroup   = "karpenter.k8s.aws"
	classVersion = classGroup + "/v1"
	classKind    = "EC2NodeClass"
	className    = "ashlar"
)

// fields shortens what the objects' specs are made of.
type fields = map[string]any

// Pools registers the machine that all pools have in common, and the pools. The options
// carry the cluster's Kubernetes provider; after is the controller, which brings the
// kinds.
func (c *Karpenter) Pools(ctx *pulumi.Context, args *Args, after []pulumi.Resource,
	opts ...pulumi.ResourceOption) error {
	opts = append(opts[:len(opts):len(opts)], pulumi.Parent(c), pulumi.DependsOn(after))
	class, err := apiextensions.NewCustomResource(ctx, "karpenter-class", &apiextensions.CustomResourceArgs{
		ApiVersion: pulumi.String(classVersion), Kind: pulumi.String(classKind),
		Metadata:    object.Meta("", className, args.labels(), nil),
		OtherFields: kubernetes.UntypedArgs{"spec": args.class(c)},
	}, opts...)
	if err != nil {
		return fmt.Errorf("karpenter: %s: %w", classKind, err)
	}
	for _, p := range args.Pools {
		if _, err := apiextensions.NewCustomResource(ctx, "karpenter-"+p.Name, &apiextensions.CustomResourceArgs{
			ApiVersion: pulumi.String(PoolVersion), Kind: pulumi.String(PoolKind),
			Metadata:    object.Meta("", p.Name, args.labels(), nil),
			OtherFields: kubernetes.UntypedArgs{"spec": args.pool(p)},
		}, append(opts, pulumi.DependsOn([]pulumi.Resource{class}))...); err != nil {
			return fmt.Errorf("karpenter: pool %s: %w", p.Name, err)
		}
	}
	return nil
}

func (a *Args) labels() map[string]string {
	return map[string]string{object.LabelPartOf: "ashlar", object.LabelManagedBy: "ashlar"}
}

// class is what every node is, as those of the managed groups are: Amazon Linux 2023,
// metadata by session token only and out of pods' reach, an encrypted disk. The image
// is the newest for the cluster's version; nodes with an older one are replaced.
func (a *Args) class(c *Karpenter) fields {
	disk := fields{"volumeType": "gp3", "volumeSize": "100Gi", "encrypted": true, "deleteOnTermination": true}
	if a.KMSKeyArn != nil {
		disk["kmsKeyID"] = a.KMSKeyArn
	}
	subnets := a.SubnetIDs.ToStringArrayOutput().ApplyT(func(ids []string) []fields {
		var out []fields
		for _, id := range ids {
			out = append(out, fields{"id": id})
		}
		return out
	})
	tags := map[string]string{"Name": a.Cluster + "-karpenter"}
	for k, v := range a.Tags {
		tags[k] = v
	}
	return fields{
		"amiSelectorTerms":           []any{fields{"alias": "al2023@latest"}},
		"instanceProfile":            c.profile.Name,
		"subnetSelectorTerms":        subnets,
		"securityGroupSelectorTerms": []any{fields{"id": a.SecurityGroup}},
		"metadataOptions": fields{"httpEndpoint": "enabled", "httpProtocolIPv6": "disabled",
			"httpPutResponseHopLimit": 1, "httpTokens": "required"},
		"blockDeviceMappings": []any{fields{"deviceName": "/dev/xvda", "rootVolume": true, "ebs": disk}},
		"tags":                tags,
	}
}

// pool is the spec of one. Whatever not every pod can live with (machines that go, that
// run other images, that cost more) is a taint: a pod says that it can, or is not put
// there.
func (a *Args) pool(p Pool) fields {
	labels := fields{cluster.PoolLabel: p.Name}
	if p.GPU {
		labels[pod.GPUResource+".present"] = "true" // what NVIDIA's device plugin looks for
	}
	spec := fields{
		"nodeClassRef": fields{"group": classGroup, "kind": classKind, "name": className},
		"requirements": p.requirements(), "expireAfter": "720h",
	}
	if taints := p.taints(); len(taints) > 0 {
		spec["taints"] = taints
	}
	return fields{
		"template":   fields{"metadata": fields{"labels": labels}, "spec": spec},
		"disruption": fields{"consolidationPolicy": a.Consolidation, "consolidateAfter": a.ConsolidateAfter},
		"limits":     fields{"cpu": fmt.Sprint(p.CPU), "memory": p.Memory},
	}
}

// requirements are what a machine of the pool is. Of general machines those are taken
// that are no older than the fifth generation, where every one has the hypervisor that
// encrypts disks and traffic.
func (p Pool) requirements() []any {
	arch, capacity := "amd64", "on-demand"
	if p.ARM {
		arch = "arm64"
	}
	if p.Spot {
		capacity = "spot"
	}
	in := func(key string, values ...any) fields { return fields{"key": key, "operator": "In", "values": values} }
	out := []any{in("kubernetes.io/arch", arch), in("kubernetes.io/os", "linux"),
		in("karpenter.sh/capacity-type", capacity)}
	if p.GPU {
		return append(out, in(classGroup+"/instance-category", "g", "p"),
			in(classGroup+"/instance-gpu-manufacturer", "nvidia"))
	}
	return append(out, in(classGroup+"/instance-category", "c", "m", "r"),
		fields{"key": classGroup + "/instance-generation", "operator": "Gt", "values": []any{"4"}})
}

// taints keep pods away that did not ask for what the pool is.
func (p Pool) taints() []any {
	var out []any
	taint := func(key, value string) {
		out = append(out, fields{"key": key, "value": value, "effect": "NoSchedule"})
	}
	if p.Spot {
		taint(pod.CapacityTaint, pod.Spot)
	}
	if p.ARM {
		taint(pod.ArchLabel, pod.ARM)
	}
	if p.GPU {
		taint(pod.GPUResource, "present")
	}
	return out
}
