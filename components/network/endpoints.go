package network

import (
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// endpoints registers the interface endpoints. They answer HTTPS from inside
// the VPC and start no connection of their own.
func (b *build) endpoints(zones []zone) error {
	name := b.name + "-endpoints"
	group, err := ec2.NewSecurityGroup(b.ctx, name, &ec2.SecurityGroupArgs{
		Name:        pulumi.String(b.args.NetworkName + "-endpoints"),
		Description: pulumi.String("Interface endpoints of AWS services"),
		VpcId:       b.vpc.ID(),
		Tags:        b.tags("-endpoints", nil),
	}, b.child())
	if err != nil {
		return err
	}
	if _, err := vpc.NewSecurityGroupIngressRule(b.ctx, name, &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId: group.ID(),
		Description:     pulumi.String("HTTPS from the network"),
		CidrIpv4:        b.vpc.CidrBlock,
		IpProtocol:      pulumi.String("tcp"),
		FromPort:        pulumi.Int(443),
		ToPort:          pulumi.Int(443),
		Tags:            b.tags("-endpoints-https", nil),
	}, b.child()); err != nil {
		return err
	}
	var subnets pulumi.StringArray
	for i, z := range zones {
		if i == 0 || b.args.PerZone {
			subnets = append(subnets, z.private.ID())
		}
	}
	for _, service := range b.args.endpoints() {
		suffix := "-" + strings.ReplaceAll(service, ".", "-")
		endpoint, err := ec2.NewVpcEndpoint(b.ctx, b.name+suffix, &ec2.VpcEndpointArgs{
			VpcId:             b.vpc.ID(),
			ServiceName:       pulumi.String("com.amazonaws." + b.args.Region + "." + service),
			VpcEndpointType:   pulumi.String("Interface"),
			PrivateDnsEnabled: pulumi.Bool(true),
			SubnetIds:         subnets,
			SecurityGroupIds:  pulumi.StringArray{group.ID()},
			Tags:              b.tags(suffix, nil),
		}, b.child())
		if err != nil {
			return err
		}
		b.c.Ready = append(b.c.Ready, endpoint)
	}
	return nil
}

// flowLog keeps who talked to whom, as Parquet in a bucket: half of what log
// groups cost, and Athena reads it.
func (b *build) flowLog() error {
	_, err := ec2.NewFlowLog(b.ctx, b.name, &ec2.FlowLogArgs{
		VpcId:                  b.vpc.ID(),
		TrafficType:            pulumi.String("ALL"),
		LogDestinationType:     pulumi.String("s3"),
		LogDestination:         b.args.FlowLogBucketArn.ToStringOutput(),
		MaxAggregationInterval: pulumi.Int(600),
		DestinationOptions: ec2.FlowLogDestinationOptionsArgs{
			FileFormat:               pulumi.String("parquet"),
			HiveCompatiblePartitions: pulumi.Bool(true),
			PerHourPartition:         pulumi.Bool(false),
		},
		Tags: b.tags("", nil),
	}, b.child(), pulumi.DependsOn(b.args.FlowLogReady))
	return err
}
