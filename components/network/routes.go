package network

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// internet is the destination of the default routes: out, never in.
const internet = "0.0.0.0/0"

// routes lets public subnets out by the internet gateway and private ones by
// NAT, and brings S3 in by a gateway endpoint, which costs nothing.
func (b *build) routes(zones []zone) error {
	gateway, err := ec2.NewInternetGateway(b.ctx, b.name, &ec2.InternetGatewayArgs{
		VpcId: b.vpc.ID(), Tags: b.tags("", nil),
	}, b.child())
	if err != nil {
		return err
	}
	public, err := b.table("public", gateway.ID(), nil)
	if err != nil {
		return err
	}
	tables := pulumi.StringArray{public.ID()}
	var nat *ec2.NatGateway
	for i, z := range zones {
		if err := b.associate("public-"+z.name, z.public, public); err != nil {
			return err
		}
		if i == 0 || b.args.PerZone {
			if nat, err = b.nat(z, gateway); err != nil {
				return err
			}
		}
		private, err := b.table("private-"+z.name, nil, nat.ID())
		if err != nil {
			return err
		}
		if err := b.associate("private-"+z.name, z.private, private); err != nil {
			return err
		}
		tables = append(tables, private.ID())
	}
	_, err = ec2.NewVpcEndpoint(b.ctx, b.name+"-s3", &ec2.VpcEndpointArgs{
		VpcId:           b.vpc.ID(),
		ServiceName:     pulumi.String("com.amazonaws." + b.args.Region + ".s3"),
		VpcEndpointType: pulumi.String("Gateway"),
		RouteTableIds:   tables,
		Tags:            b.tags("-s3", nil),
	}, b.child())
	return err
}

// nat registers a NAT gateway in the zone's public subnet with an address of its own.
// It waits for the internet gateway, without which AWS refuses it.
func (b *build) nat(z zone, gateway *ec2.InternetGateway) (*ec2.NatGateway, error) {
	name := b.name + "-nat-" + z.name
	address, err := ec2.NewEip(b.ctx, name, &ec2.EipArgs{
		Domain: pulumi.String("vpc"), Tags: b.tags("-nat-"+z.name, nil),
	}, b.child())
	if err != nil {
		return nil, err
	}
	return ec2.NewNatGateway(b.ctx, name, &ec2.NatGatewayArgs{
		AllocationId: address.ID(),
		SubnetId:     z.public.ID(),
		Tags:         b.tags("-nat-"+z.name, nil),
	}, b.child(), pulumi.DependsOn([]pulumi.Resource{gateway}))
}

// table registers a route table and its way out. Routes are resources of their
// own, because peerings and VPNs add theirs later.
func (b *build) table(suffix string, gateway, nat pulumi.StringPtrInput) (*ec2.RouteTable, error) {
	table, err := ec2.NewRouteTable(b.ctx, b.name+"-"+suffix, &ec2.RouteTableArgs{
		VpcId: b.vpc.ID(), Tags: b.tags("-"+suffix, nil),
	}, b.child())
	if err != nil {
		return nil, err
	}
	route, err := ec2.NewRoute(b.ctx, b.name+"-"+suffix, &ec2.RouteArgs{
		RouteTableId:         table.ID(),
		DestinationCidrBlock: pulumi.String(internet),
		GatewayId:            gateway,
		NatGatewayId:         nat,
	}, b.child())
	b.c.Ready = append(b.c.Ready, route)
	return table, err
}

// associate gives the subnet the table. Nodes wait for it: one that starts before has
// no way out, and does not join.
func (b *build) associate(suffix string, subnet *ec2.Subnet, table *ec2.RouteTable) error {
	association, err := ec2.NewRouteTableAssociation(b.ctx, b.name+"-"+suffix, &ec2.RouteTableAssociationArgs{
		SubnetId: subnet.ID(), RouteTableId: table.ID(),
	}, b.child())
	b.c.Ready = append(b.c.Ready, association)
	return err
}
