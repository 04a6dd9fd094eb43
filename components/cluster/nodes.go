package cluster

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// nodes registers the add-ons that nodes need to become ready, then the pools,
// then the add-ons that need nodes.
func (b *build) nodes() error {
	first, err := b.addons(beforeNodes)
	if err != nil {
		return err
	}
	role, granted, err := b.role("node", "ec2.amazonaws.com", []string{"sts:AssumeRole"},
		"AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
	if err != nil {
		return fmt.Errorf("node role: %w", err)
	}
	needed := slices.Concat(first, granted, b.args.After)
	for _, pool := range b.args.Pools {
		group, err := b.pool(pool, role, needed)
		if err != nil {
			return fmt.Errorf("pool %s: %w", pool.Name, err)
		}
		b.c.Ready = append(b.c.Ready, group)
	}
	last, err := b.addons(afterNodes, b.c.Ready...)
	b.c.Ready = append(b.c.Ready, last...)
	return err
}

// pool registers a node group and its launch template. A dedicated pool is tainted
// with its own name, and one with GPUs otherwise by them: a pod that asks for neither
// stays away from expensive nodes.
func (b *build) pool(pool Pool, role *iam.Role, needed []pulumi.Resource) (pulumi.Resource, error) {
	template, err := b.template(pool)
	if err != nil {
		return nil, err
	}
	labels := map[string]string{PoolLabel: pool.Name}
	var taints eks.NodeGroupTaintArray
	taint := func(key, value string) {
		taints = append(taints, eks.NodeGroupTaintArgs{
			Key: pulumi.String(key), Value: pulumi.String(value), Effect: pulumi.String("NO_SCHEDULE"),
		})
	}
	switch {
	case pool.Dedicated:
		taint(PoolLabel, pool.Name)
	case pool.GPU:
		taint(gpuTaint, "present")
	}
	if pool.GPU {
		labels[gpuTaint+".present"] = "true" // what NVIDIA's device plugin looks for
	}
	return eks.NewNodeGroup(b.ctx, b.name+"-"+pool.Name, &eks.NodeGroupArgs{
		ClusterName: b.cluster.Name,
		// A prefix: what replaces a group is beside it while pods move.
		NodeGroupNamePrefix: pulumi.String(pool.Name + "-"),
		NodeRoleArn:         role.Arn,
		SubnetIds:           b.args.SubnetIDs,
		Version:             b.cluster.Version,
		AmiType:             pulumi.String(pool.ami()),
		InstanceTypes:       pulumi.ToStringArray(pool.Types),
		LaunchTemplate: eks.NodeGroupLaunchTemplateArgs{
			Id:      template.ID().ToStringOutput(),
			Version: template.LatestVersion.ApplyT(strconv.Itoa).(pulumi.StringOutput),
		},
		ScalingConfig: eks.NodeGroupScalingConfigArgs{
			MinSize: pulumi.Int(pool.Min), MaxSize: pulumi.Int(pool.Max), DesiredSize: pulumi.Int(pool.Min),
		},
		UpdateConfig:     eks.NodeGroupUpdateConfigArgs{MaxUnavailablePercentage: pulumi.Int(33)},
		NodeRepairConfig: eks.NodeGroupNodeRepairConfigArgs{Enabled: pulumi.Bool(true)},
		Labels:           pulumi.ToStringMap(labels),
		Taints:           taints,
		Tags:             b.tags,
	}, b.child(pulumi.DependsOn(needed),
		// The autoscaler's to say from the first pod on.
		pulumi.IgnoreChanges([]string{"scalingConfig.desiredSize"}))...)
}

// template is what a node's machine is: metadata by session token only and out
// of pods' reach, disks encrypted under our key, everything tagged.
func (b *build) template(pool Pool) (*ec2.LaunchTemplate, error) {
	tags := map[string]string{"Name": b.args.ClusterName + "-" + pool.Name}
	for k, v := range b.args.Tags {
		tags[k] = v
	}
	var tagged ec2.LaunchTemplateTagSpecificationArray
	for _, kind := range []string{"instance", "network-interface", "volume"} {
		tagged = append(tagged, ec2.LaunchTemplateTagSpecificationArgs{
			ResourceType: pulumi.String(kind), Tags: pulumi.ToStringMap(tags),
		})
	}
	return ec2.NewLaunchTemplate(b.ctx, b.name+"-"+pool.Name, &ec2.LaunchTemplateArgs{
		NamePrefix:           pulumi.String(b.args.ClusterName + "-" + pool.Name + "-"),
		UpdateDefaultVersion: pulumi.Bool(true),
		MetadataOptions: ec2.LaunchTemplateMetadataOptionsArgs{
			HttpEndpoint: pulumi.String("enabled"), HttpTokens: pulumi.String("required"),
			HttpPutResponseHopLimit: pulumi.Int(1),
		},
		BlockDeviceMappings: ec2.LaunchTemplateBlockDeviceMappingArray{ec2.LaunchTemplateBlockDeviceMappingArgs{
			DeviceName: pulumi.String("/dev/xvda"),
			Ebs: ec2.LaunchTemplateBlockDeviceMappingEbsArgs{
				VolumeType: pulumi.String("gp3"), VolumeSize: pulumi.Int(pool.diskGB()),
				DeleteOnTermination: pulumi.String("true"),
				Encrypted:           pulumi.String("true"), KmsKeyId: b.args.KMSKeyArn.ToStringOutput(),
			},
		}},
		TagSpecifications: tagged,
		Tags:              pulumi.ToStringMap(tags),
	}, b.child()...)
}
