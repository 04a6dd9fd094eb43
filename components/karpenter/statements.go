package karpenter

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

// The tags that Karpenter puts on what it makes.
const (
	nodePoolTag = "karpenter.sh/nodepool"
	clusterTag  = "eks:eks-cluster-name"
)

// ownedTag says that a machine is the cluster's.
func (a *Args) ownedTag() string { return "kubernetes.io/cluster/" + a.Cluster }

// Statements is what the controller may do in AWS: start machines in the cluster's
// security group, and so in its VPC, with the nodes' role, and stop those that carry the
// cluster's tags.
// It makes no role and no instance profile.
func (a *Args) Statements() []policy.Statement {
	out := append(a.reads(), a.launches()...)
	out = append(out, a.tags()...)
	out = append(out,
		policy.Statement{
			Sid: "Stop", Actions: []string{"ec2:DeleteLaunchTemplate", "ec2:TerminateInstances"},
			Resources: []pulumi.StringInput{a.ec2("instance/*"), a.ec2("launch-template/*")}, Conditions: a.has(),
		},
		policy.Statement{
			Sid: "NodeRole", Actions: []string{"iam:PassRole"},
			Resources: []pulumi.StringInput{a.iam("role/" + a.nodeRole())},
			Conditions: []policy.Condition{policy.When("StringEquals", "iam:PassedToService",
				pulumi.String("ec2.amazonaws.com"))},
		},
		policy.Statement{
			Sid: "Interruptions", Actions: []string{"sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"},
			Resources: []pulumi.StringInput{a.arn("sqs", a.QueueName())},
		})
	if a.KMSKeyArn != nil {
		out = append(out, a.disks()...)
	}
	if a.Spot() { // made once an account, by whoever first asks for a spot instance
		out = append(out, policy.Statement{
			Sid: "SpotRole", Actions: []string{"iam:CreateServiceLinkedRole"},
			Resources: []pulumi.StringInput{a.iam("role/aws-service-role/" + SpotRole)},
			Conditions: []policy.Condition{policy.When("StringEquals", "iam:AWSServiceName",
				pulumi.String("spot.amazonaws.com"))},
		})
	}
	return out
}

// SpotRole is the service-linked role in whose name spot instances are started. It uses
// the key of their disks.
const SpotRole = "spot.amazonaws.com/AWSServiceRoleForEC2Spot"

// reads is what there is to choose from, and at which price. AWS limits none of it to a
// resource.
func (a *Args) reads() []policy.Statement {
	return []policy.Statement{
		{
			Sid: "Read", Unscoped: true,
			Actions: []string{
				"ec2:DescribeCapacityReservations", "ec2:DescribeImages", "ec2:DescribeInstanceStatus",
				"ec2:DescribeInstanceTypeOfferings", "ec2:DescribeInstanceTypes", "ec2:DescribeInstances",
				"ec2:DescribeLaunchTemplates", "ec2:DescribePlacementGroups", "ec2:DescribeSecurityGroups",
				"ec2:DescribeSpotPriceHistory", "ec2:DescribeSubnets",
			},
			Conditions: []policy.Condition{policy.When("StringEquals", "aws:RequestedRegion", pulumi.String(a.Region))},
		},
		{
			// Prices answer in one region for all; profiles belong to none.
			Sid: "ReadGlobal", Unscoped: true, Actions: []string{"iam:ListInstanceProfiles", "pricing:GetProducts"},
		},
		{
			Sid: "Images", Actions: []string{"ssm:GetParameter"},
			Resources: []pulumi.StringInput{pulumi.Sprintf("arn:%s:ssm:%s::parameter/aws/service/*", a.partition(),
				a.Region)},
		},
		{
			Sid: "Cluster", Actions: []string{"eks:DescribeCluster"},
			Resources: []pulumi.StringInput{a.arn("eks", "cluster/"+a.Cluster)},
		},
		{
			Sid: "Profile", Actions: []string{"iam:GetInstanceProfile"},
			Resources: []pulumi.StringInput{a.iam("instance-profile/" + a.nodeRole())},
		},
	}
}

// launches starts machines. What a machine is made of is the region's images and the
// cluster's group and VPC; what is made carries the cluster's tags.
func (a *Args) launches() []policy.Statement {
	run := []string{"ec2:CreateFleet", "ec2:RunInstances"}
	return []policy.Statement{
		{
			Sid: "LaunchFrom", Actions: run,
			Resources: []pulumi.StringInput{
				pulumi.Sprintf("arn:%s:ec2:%s::image/*", a.partition(), a.Region),
				pulumi.Sprintf("arn:%s:ec2:%s::snapshot/*", a.partition(), a.Region),
				pulumi.Sprintf("arn:%s:ec2:%s:%s:security-group/%s", a.partition(), a.Region, a.Account, a.SecurityGroup),
				a.ec2("subnet/*"),
			},
		},
		{Sid: "LaunchTemplates", Actions: run, Resources: []pulumi.StringInput{a.ec2("launch-template/*")},
			Conditions: a.has()},
		{
			Sid: "Launch", Actions: append([]string{"ec2:CreateLaunchTemplate"}, run...), Resources: a.makes(),
			Conditions: a.asks(),
		},
	}
}

// tags are put on what is made, when it is made; on an instance the node's name too,
// once it is known.
func (a *Args) tags() []policy.Statement {
	return []policy.Statement{
		{
			Sid: "Tag", Actions: []string{"ec2:CreateTags"}, Resources: a.makes(),
			Conditions: append(a.asks(), policy.Condition{Test: "StringEquals", Key: "ec2:CreateAction",
				Values: texts("RunInstances", "CreateFleet", "CreateLaunchTemplate")}),
		},
		{
			Sid: "TagNodes", Actions: []string{"ec2:CreateTags"},
			Resources: []pulumi.StringInput{a.ec2("instance/*")},
			Conditions: append(a.has(),
				policy.When("StringEqualsIfExists", "aws:RequestTag/"+clusterTag, pulumi.String(a.Cluster)),
				policy.Condition{Test: "ForAllValues:StringEquals", Key: "aws:TagKeys",
					Values: texts(clusterTag, "karpenter.sh/nodeclaim", "Name")}),
		},
	}
}

// disks uses the key of nodes' disks, through EC2 alone.
func (a *Args) disks() []policy.Statement {
	key := []pulumi.StringInput{a.KMSKeyArn}
	via := policy.When("StringEquals", "kms:ViaService", pulumi.String("ec2."+a.Region+".amazonaws.com"))
	return []policy.Statement{
		{
			Sid: "Disks", Resources: key, Conditions: []policy.Condition{via},
			Actions: []string{"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext",
				"kms:ReEncryptFrom", "kms:ReEncryptTo"},
		},
		{
			Sid: "DiskGrants", Resources: key, Actions: []string{"kms:CreateGrant"},
			Conditions: []policy.Condition{via, policy.When("Bool", "kms:GrantIsForAWSResource", pulumi.String("true"))},
		},
	}
}

// makes is what a launch makes.
func (a *Args) makes() []pulumi.StringInput {
	var out []pulumi.StringInput
	for _, kind := range []string{"fleet", "instance", "volume", "network-interface", "launch-template",
		"spot-instances-request"} {
		out = append(out, a.ec2(kind+"/*"))
	}
	return out
}

// asks holds where a request gives the new thing the cluster's tags.
func (a *Args) asks() []policy.Condition {
	return []policy.Condition{
		policy.When("StringEquals", "aws:RequestTag/"+a.ownedTag(), pulumi.String("owned")),
		policy.When("StringEquals", "aws:RequestTag/"+clusterTag, pulumi.String(a.Cluster)),
		policy.When("StringLike", "aws:RequestTag/"+nodePoolTag, pulumi.String("*")),
	}
}

// has holds where the thing has them.
func (a *Args) has() []policy.Condition {
	return []policy.Condition{
		policy.When("StringEquals", "aws:ResourceTag/"+a.ownedTag(), pulumi.String("owned")),
		policy.When("StringLike", "aws:ResourceTag/"+nodePoolTag, pulumi.String("*")),
	}
}

func (a *Args) ec2(resource string) pulumi.StringInput { return a.arn("ec2", resource) }

func (a *Args) arn(service, resource string) pulumi.StringInput {
	return pulumi.Sprintf("arn:%s:%s:%s:%s:%s", a.partition(), service, a.Region, a.Account, resource)
}

func (a *Args) iam(resource string) pulumi.StringInput {
	return pulumi.Sprintf("arn:%s:iam::%s:%s", a.partition(), a.Account, resource)
}

func texts(values ...string) []pulumi.StringInput {
	var out []pulumi.StringInput
	for _, v := range values {
		out = append(out, pulumi.String(v))
	}
	return out
}
