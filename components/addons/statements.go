package addons

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

// autoscalerStatements reads groups and sizes of the account, and moves those
// of this cluster alone.
func (a *Args) autoscalerStatements() []policy.Statement {
	return []policy.Statement{
		{
			Sid: "Read", Unscoped: true,
			Actions: []string{
				"autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeAutoScalingInstances",
				"autoscaling:DescribeLaunchConfigurations", "autoscaling:DescribeScalingActivities",
				"autoscaling:DescribeTags",
				"ec2:DescribeImages", "ec2:DescribeInstanceTypes", "ec2:DescribeLaunchTemplateVersions",
				"ec2:GetInstanceTypesFromInstanceRequirements",
			},
		},
		{
			Sid: "ReadPools", Actions: []string{"eks:DescribeNodegroup"},
			Resources: []pulumi.StringInput{pulumi.Sprintf("arn:%s:eks:%s:%s:nodegroup/%s/*", a.partition(), a.Region,
				a.Account, a.ClusterName)},
		},
		{
			Sid: "Scale", Actions: []string{"autoscaling:SetDesiredCapacity",
				"autoscaling:TerminateInstanceInAutoScalingGroup"},
			Resources: []pulumi.StringInput{a.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/*")},
			// EKS puts the tag on the groups of its node groups.
			Conditions: []policy.Condition{policy.When("StringEquals",
				"aws:ResourceTag/eks:cluster-name", a.ClusterName)},
		},
	}
}

// clusterTag is the tag that the load balancer controller puts on what it
// makes, with the cluster's name.
const clusterTag = "elbv2.k8s.aws/cluster"

// balancerStatements follows the controller's published policy for 2.13, less
// WAF, Shield and Cognito, and narrower: the account and region are ours, and
// what it changes carries this cluster's tag where AWS can tell.
func (a *Args) balancerStatements() []policy.Statement {
	return append(a.balancerReads(), append(a.balancerGroups(), a.balancerMakes()...)...)
}

func (a *Args) balancerReads() []policy.Statement {
	return []policy.Statement{
		{
			Sid: "Read", Unscoped: true,
			Actions: []string{
				"acm:DescribeCertificate", "acm:ListCertificates",
				"ec2:DescribeAccountAttributes", "ec2:DescribeAddresses",
				"ec2:DescribeAvailabilityZones", "ec2:DescribeInstances",
				"ec2:DescribeInternetGateways", "ec2:DescribeIpamPools", "ec2:DescribeNetworkInterfaces",
				"ec2:DescribeRouteTables",
				"ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeTags",
				"ec2:DescribeVpcPeeringConnections",
				"ec2:DescribeVpcs", "ec2:GetSecurityGroupsForVpc",
				"elasticloadbalancing:DescribeCapacityReservation", "elasticloadbalancing:DescribeListenerAttributes",
				"elasticloadbalancing:DescribeListenerCertificates", "elasticloadbalancing:DescribeListeners",
				"elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeLoadBalancers",
				"elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeSSLPolicies",
				"elasticloadbalancing:DescribeTags",
				"elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetGroups",
				"elasticloadbalancing:DescribeTargetHealth", "elasticloadbalancing:DescribeTrustStores",
			},
		},
		{
			Sid: "ServiceRole", Actions: []string{"iam:CreateServiceLinkedRole"},
			Resources: []pulumi.StringInput{pulumi.Sprintf(
				"arn:%s:iam::%s:role/aws-service-role/elasticloadbalancing.amazonaws.com/AWSServiceRoleForElasticLoadBalancing", a.partition(), a.Account)},
			Conditions: []policy.Condition{
				policy.When("StringEquals", "iam:AWSServiceName", pulumi.String("elasticloadbalancing.amazonaws.com")),
			},
		},
	}
}

// balancerGroups is the security groups: those it makes for load balancers,
// and the nodes' group, whose rules let the load balancers in.
func (a *Args) balancerGroups() []policy.Statement {
	groups := []pulumi.StringInput{a.arn("ec2", "security-group/*")}
	vpc := pulumi.Sprintf("arn:%s:ec2:%s:%s:vpc/%s", a.partition(), a.Region, a.Account, a.VPCID)
	return []policy.Statement{
		{
			Sid: "Rules", Actions: []string{"ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"},
			Resources:  append([]pulumi.StringInput{a.arn("ec2", "security-group-rule/*")}, groups...),
			Conditions: []policy.Condition{policy.When("ArnEqualsIfExists", "ec2:Vpc", vpc)},
		},
		{
			Sid: "MakeGroups", Actions: []string{"ec2:CreateSecurityGroup"},
			Resources: append([]pulumi.StringInput{vpc}, groups...),
		},
		{
			Sid: "TagNewGroups", Actions: []string{"ec2:CreateTags"}, Resources: groups,
			Conditions: []policy.Condition{
				policy.When("StringEquals", "ec2:CreateAction", pulumi.String("CreateSecurityGroup")), a.asks(),
			},
		},
		{
			Sid: "TagGroups", Actions: []string{"ec2:CreateTags", "ec2:DeleteTags"}, Resources: groups,
			Conditions: []policy.Condition{a.has(), untouched()},
		},
		{
			Sid: "DeleteGroups", Actions: []string{"ec2:DeleteSecurityGroup"}, Resources: groups,
			Conditions: []policy.Condition{a.has()},
		},
	}
}

// balancerMakes is the load balancers, their listeners and target groups.
func (a *Args) balancerMakes() []policy.Statement {
	const elb = "elasticloadbalancing"
	balancers := []pulumi.StringInput{a.arn(elb, "loadbalancer/app/*"), a.arn(elb, "loadbalancer/net/*")}
	targets := []pulumi.StringInput{a.arn(elb, "targetgroup/*")}
	listeners := []pulumi.StringInput{
		a.arn(elb, "listener/app/*"), a.arn(elb, "listener/net/*"), a.arn(elb, "listener-rule/app/*"),
		a.arn(elb, "listener-rule/net/*"),
	}
	made := append(append([]pulumi.StringInput{}, balancers...), targets...)
	all := append(append([]pulumi.StringInput{}, made...), listeners...)
	on := func(actions ...string) []string {
		for i, action := range actions {
			actions[i] = elb + ":" + action
		}
		return actions
	}
	return []policy.Statement{
		{
			Sid: "Make", Resources: made, Conditions: []policy.Condition{a.asks()},
			Actions: on("CreateLoadBalancer", "CreateTargetGroup"),
		},
		{
			Sid: "Listen", Resources: all,
			Actions: on("AddListenerCertificates", "CreateListener", "CreateRule", "DeleteListener", "DeleteRule",
				"ModifyListener", "ModifyRule", "RemoveListenerCertificates", "SetRulePriorities"),
		},
		{
			Sid: "Change", Resources: all, Conditions: []policy.Condition{a.has()},
			Actions: on("DeleteLoadBalancer", "DeleteTargetGroup", "ModifyCapacityReservation", "ModifyIpPools",
				"ModifyListenerAttributes", "ModifyLoadBalancerAttributes", "ModifyTargetGroup",
				"ModifyTargetGroupAttributes",
				"SetIpAddressType", "SetSecurityGroups", "SetSubnets"),
		},
		{Sid: "Targets", Resources: targets, Actions: on("DeregisterTargets", "RegisterTargets")},
		{
			Sid: "TagNew", Resources: made, Actions: on("AddTags"),
			Conditions: []policy.Condition{
				{Test: "StringEquals", Key: elb + ":CreateAction",
					Values: texts("CreateLoadBalancer", "CreateTargetGroup")}, a.asks(),
			},
		},
		{
			Sid: "Tag", Resources: made, Actions: on("AddTags", "RemoveTags"),
			Conditions: []policy.Condition{a.has(), untouched()},
		},
		{Sid: "TagListeners", Resources: listeners, Actions: on("AddTags", "RemoveTags")},
	}
}

// asks holds where the request gives the new thing this cluster's tag.
func (a *Args) asks() policy.Condition {
	return policy.When("StringEquals", "aws:RequestTag/"+clusterTag, a.ClusterName)
}

// has holds where the thing has this cluster's tag.
func (a *Args) has() policy.Condition {
	return policy.When("StringEquals", "aws:ResourceTag/"+clusterTag, a.ClusterName)
}

// untouched holds where the request does not set the cluster's tag: a thing
// cannot be handed to another cluster.
func untouched() policy.Condition {
	return policy.When("Null", "aws:RequestTag/"+clusterTag, pulumi.String("true"))
}

func texts(values ...string) []pulumi.StringInput {
	var out []pulumi.StringInput
	for _, v := range values {
		out = append(out, pulumi.String(v))
	}
	return out
}
