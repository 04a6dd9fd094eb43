// Package network is the VPC that everything of an environment is in.
// Nodes and databases live in private subnets of two or three zones and leave
// by NAT; load balancers alone live in public ones. AWS services are reached
// by endpoints, so that data does not cross the internet, and every flow is
// logged.
package network

import (
	"fmt"
	"maps"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Network is a VPC and its subnets, in the order of the zones.
type Network struct {
	pulumi.ResourceState

	VPCID            pulumi.StringOutput
	CIDR             pulumi.StringOutput
	PrivateSubnetIDs pulumi.StringArrayOutput
	PublicSubnetIDs  pulumi.StringArrayOutput
	// Ready is what machines in the subnets depend on: the ways out, without
	// which they cannot join a cluster nor leave it in order.
	Ready []pulumi.Resource
}

// build is one New in progress.
type build struct {
	ctx  *pulumi.Context
	name string
	args *Args
	c    *Network
	vpc  *ec2.Vpc
}

// New registers the network. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Network, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Network{}
	if err := ctx.RegisterComponentResource("ashlar:network:Network", name, c, opts...); err != nil {
		return nil, fmt.Errorf("network %s: %w", name, err)
	}
	b := &build{ctx: ctx, name: name, args: args, c: c}
	if err := b.all(); err != nil {
		return nil, fmt.Errorf("network %s: %w", name, err)
	}
	c.VPCID, c.CIDR = b.vpc.ID().ToStringOutput(), b.vpc.CidrBlock
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"vpcId": c.VPCID, "cidr": c.CIDR, "privateSubnetIds": c.PrivateSubnetIDs, "publicSubnetIds": c.PublicSubnetIDs,
	})
}

// all registers the VPC and everything in it, in the order in which AWS needs them.
func (b *build) all() error {
	cidr, err := ParseCIDR(b.args.CIDR)
	if err != nil {
		return err
	}
	// Replacing the VPC would replace all that is in it; a range is chosen once.
	b.vpc, err = ec2.NewVpc(b.ctx, b.name, &ec2.VpcArgs{
		CidrBlock:          pulumi.String(cidr.String()),
		EnableDnsHostnames: pulumi.Bool(true),
		EnableDnsSupport:   pulumi.Bool(true),
		Tags:               b.tags("", nil),
	}, pulumi.Parent(b.c), pulumi.RetainOnDelete(b.args.Retain), pulumi.IgnoreChanges([]string{"cidrBlock"}))
	if err != nil {
		return err
	}
	// The group that AWS gives what names none: nothing in, nothing out.
	if _, err := ec2.NewDefaultSecurityGroup(b.ctx, b.name, &ec2.DefaultSecurityGroupArgs{
		VpcId: b.vpc.ID(), Tags: b.tags("-closed", nil),
	}, b.child()); err != nil {
		return err
	}
	zones, err := b.zones(layout(cidr, b.args.Zones))
	if err != nil {
		return err
	}
	if err := b.routes(zones); err != nil {
		return err
	}
	if err := b.endpoints(zones); err != nil {
		return err
	}
	return b.flowLog()
}

// zone is the subnets of one availability zone, registered.
type zone struct {
	name            string
	private, public *ec2.Subnet
}

// zones registers a private and a public subnet for each zone. Their tags are how the
// load balancer controller finds where to put what.
func (b *build) zones(all []Subnets) ([]zone, error) {
	var out []zone
	var private, public pulumi.StringArray
	for _, s := range all {
		z := zone{name: s.Zone}
		var err error
		if z.private, err = b.subnet("private", s.Zone, s.Private.String(),
			"kubernetes.io/role/internal-elb"); err != nil {
			return nil, err
		}
		if z.public, err = b.subnet("public", s.Zone, s.Public.String(), "kubernetes.io/role/elb"); err != nil {
			return nil, err
		}
		private, public = append(private, z.private.ID()), append(public, z.public.ID())
		out = append(out, z)
	}
	b.c.PrivateSubnetIDs, b.c.PublicSubnetIDs = private.ToStringArrayOutput(), public.ToStringArrayOutput()
	return out, nil
}

// subnet registers one subnet. What is launched there gets no public address
// unless it asks: load balancers and NAT gateways bring their own.
func (b *build) subnet(kind, zone, cidr, role string) (*ec2.Subnet, error) {
	return ec2.NewSubnet(b.ctx, b.name+"-"+kind+"-"+zone, &ec2.SubnetArgs{
		VpcId:               b.vpc.ID(),
		AvailabilityZone:    pulumi.String(zone),
		CidrBlock:           pulumi.String(cidr),
		MapPublicIpOnLaunch: pulumi.Bool(false),
		Tags: b.tags("-"+kind+"-"+zone, map[string]string{
			role: "1",
			"kubernetes.io/cluster/" + b.args.ClusterName: "shared",
		}),
	}, b.child(), pulumi.RetainOnDelete(b.args.Retain && kind == "private"),
		pulumi.IgnoreChanges([]string{"cidrBlock"}))
}

// child is the option of everything that belongs to the network.
func (b *build) child() pulumi.ResourceOption { return pulumi.Parent(b.c) }

// tags returns the common tags, a Name of the suffix, and more.
func (b *build) tags(suffix string, more map[string]string) pulumi.StringMap {
	all := map[string]string{"Name": b.args.NetworkName + suffix}
	maps.Copy(all, b.args.Tags)
	maps.Copy(all, more)
	return pulumi.ToStringMap(all)
}
