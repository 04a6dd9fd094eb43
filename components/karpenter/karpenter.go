// Package karpenter is nodes that are made as pods need them and given up when they do
// not: what Karpenter's controller needs in AWS, the role that its nodes have, and the
// pools as objects of the cluster. The controller itself is an add-on of the cluster.
package karpenter

import (
	"fmt"
	"path"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

// Karpenter is the parts in AWS.
type Karpenter struct {
	pulumi.ResourceState

	NodeRoleArn pulumi.StringOutput
	// Ready is what the controller waits for: its queue, and what lets nodes in.
	Ready []pulumi.Resource

	profile *iam.InstanceProfile
}

// build is one New in progress.
type build struct {
	ctx  *pulumi.Context
	name string
	args *Args
	c    *Karpenter
	tags pulumi.StringMap
}

// New registers the parts in AWS. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Karpenter, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Karpenter{}
	if err := ctx.RegisterComponentResource("ashlar:karpenter:Karpenter", name, c, opts...); err != nil {
		return nil, fmt.Errorf("karpenter %s: %w", name, err)
	}
	b := &build{ctx: ctx, name: name, args: args, c: c, tags: pulumi.ToStringMap(args.Tags)}
	steps := []func() error{b.nodes}
	if !args.Controlled {
		steps = append(steps, b.interruptions)
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, fmt.Errorf("karpenter %s: %w", name, err)
		}
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"nodeRoleArn": c.NodeRoleArn})
}

// QueueName is the name of the queue of interruptions.
func (a *Args) QueueName() string { return a.Prefix + "-interruptions" }

// nodeRole is the name of the nodes' role, and of its instance profile.
func (a *Args) nodeRole() string { return a.Prefix + "-karpenter-node" }

// nodes registers the role of the nodes and lets them into the cluster. The profile is
// made here, so that the controller need not make any.
func (b *build) nodes() error {
	child, name := pulumi.Parent(b.c), b.name+"-node"
	role, err := iam.NewRole(b.ctx, name, &iam.RoleArgs{
		Name:        pulumi.String(b.args.nodeRole()),
		Description: pulumi.String("Nodes that Karpenter makes for the EKS cluster " + b.args.Cluster),
		AssumeRolePolicy: policy.Document(policy.Statement{
			Principals: policy.Principals{Services: []string{"ec2.amazonaws.com"}},
			Actions:    []string{"sts:AssumeRole"},
		}),
		Tags: b.tags,
	}, child)
	if err != nil {
		return fmt.Errorf("node role: %w", err)
	}
	// The network plugin has a role of its own: these do for the kubelet.
	for _, managed := range []string{"AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"} {
		attached, err := iam.NewRolePolicyAttachment(b.ctx, name+"-"+path.Base(managed), &iam.RolePolicyAttachmentArgs{
			Role:      role.Name,
			PolicyArn: pulumi.String("arn:" + b.args.partition() + ":iam::aws:policy/" + managed),
		}, child)
		if err != nil {
			return fmt.Errorf("node role: %w", err)
		}
		b.c.Ready = append(b.c.Ready, attached)
	}
	b.c.profile, err = iam.NewInstanceProfile(b.ctx, name, &iam.InstanceProfileArgs{
		Name: pulumi.String(b.args.nodeRole()), Role: role.Name, Tags: b.tags,
	}, child)
	if err != nil {
		return fmt.Errorf("instance profile: %w", err)
	}
	entry, err := eks.NewAccessEntry(b.ctx, name, &eks.AccessEntryArgs{
		ClusterName:  b.args.ClusterName.ToStringOutput(),
		PrincipalArn: role.Arn,
		Type:         pulumi.String("EC2_LINUX"), // makes its holders nodes, and no more
		Tags:         b.tags,
	}, child)
	if err != nil {
		return fmt.Errorf("access entry: %w", err)
	}
	b.c.NodeRoleArn = role.Arn
	b.c.Ready = append(b.c.Ready, b.c.profile, entry)
	return nil
}
