package existing

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
)

// Network is a VPC that exists, and the private subnets in it.
type Network struct {
	VPC, CIDR string
	Subnets   []string

	vpc *ec2.LookupVpcResult
}

// subnet is one that was looked up, with the routes of its table.
type subnet struct {
	*ec2.LookupSubnetResult
	routes []ec2.GetRouteTableRoute
}

// network finds the VPC, of which the foundation takes the range.
func (f *finder) network() {
	id := f.cfg.Existing.VPC
	if id == "" {
		return
	}
	vpc, err := ec2.LookupVpc(f.ctx, &ec2.LookupVpcArgs{Id: &id})
	if err != nil {
		f.failed("existing.vpc", id, err)
		return
	}
	f.at.Network = &Network{VPC: id, CIDR: vpc.CidrBlock, Subnets: f.cfg.Existing.Subnets, vpc: vpc}
}

// checkNetwork looks at the VPC, the subnets and their ways out.
func (f *finder) checkNetwork() {
	if f.at.Network == nil {
		return
	}
	f.take(vpcReport(f.at.Network.vpc, f.reserved()))
	var all []subnet
	for _, id := range f.at.Network.Subnets {
		s, err := ec2.LookupSubnet(f.ctx, &ec2.LookupSubnetArgs{Id: &id})
		if err != nil {
			f.failed("existing.subnets", id, err)
			continue
		}
		routes, err := f.routes(s)
		if err != nil {
			f.failed("existing.subnets", "route table of "+id, err)
			continue
		}
		all = append(all, subnet{s, routes})
	}
	if len(all) < len(f.at.Network.Subnets) {
		return // what is unknown has been said
	}
	f.take(subnetReport(f.at.Network.VPC, all))
	if slices.ContainsFunc(all, func(s subnet) bool { return !leaves(s.routes) && !public(s.routes) }) {
		f.checkEndpoints()
	}
}

// reserved are the ranges that must not be the VPC's too, by who has them. That of
// services is of the cluster that the foundation would make.
func (f *finder) reserved() map[string]string {
	out := map[string]string{}
	for _, cidr := range f.cfg.Network.Reserved {
		out[cidr] = "network.reserved keeps it free"
	}
	if f.cfg.Existing.Cluster == "" {
		out["172.20.0.0/16"] = "the cluster's services use it"
		out["172.17.0.0/16"] = "container runtimes use it on every node"
	}
	return out
}

// routes are those of the subnet's table: its own, or the VPC's main one.
func (f *finder) routes(s *ec2.LookupSubnetResult) ([]ec2.GetRouteTableRoute, error) {
	own, err := ec2.LookupRouteTable(f.ctx, &ec2.LookupRouteTableArgs{SubnetId: &s.Id})
	if err == nil {
		return own.Routes, nil
	}
	if !absent(err) {
		return nil, err
	}
	main, err := ec2.LookupRouteTable(f.ctx, &ec2.LookupRouteTableArgs{VpcId: &s.VpcId,
		Filters: []ec2.GetRouteTableFilter{{Name: "association.main", Values: []string{"true"}}}})
	if err != nil {
		return nil, err
	}
	return main.Routes, nil
}

// vpcReport says what keeps nodes, endpoints and the database from finding each other
// by name, and which ranges collide.
func vpcReport(vpc *ec2.LookupVpcResult, reserved map[string]string) *report {
	r := &report{key: "existing.vpc", id: vpc.Id}
	for _, switched := range []struct {
		on         bool
		what, flag string
	}{{vpc.EnableDnsSupport, "DNS resolution", "support"}, {vpc.EnableDnsHostnames, "DNS hostnames", "hostnames"}} {
		if !switched.on {
			r.say("%s is off, and endpoints and the database are found by name: run `aws ec2 modify-vpc-attribute --vpc-id %s --enable-dns-%s`",
				switched.what, vpc.Id, switched.flag)
		}
	}
	cidr, err := netip.ParsePrefix(vpc.CidrBlock)
	if err != nil {
		r.say("its range %q is not IPv4", vpc.CidrBlock)
		return r
	}
	for _, text := range sorted(reserved) {
		if other, err := netip.ParsePrefix(text); err == nil && cidr.Overlaps(other) {
			r.say("its range %s overlaps %s: %s; name another VPC", cidr, text, reserved[text])
		}
	}
	return r
}

// freeAddresses is how many a subnet must have left: EKS asks for 6 for the control
// plane and recommends 16.
const freeAddresses = 16

// subnetReport says which subnets are not private ones of the VPC, and whether they
// are in enough zones.
func subnetReport(vpc string, all []subnet) *report {
	r := &report{key: "existing.subnets"}
	zones := map[string]bool{}
	for _, s := range all {
		r.id = s.Id
		zones[s.AvailabilityZone] = true
		if s.VpcId != vpc {
			r.say("it is in %s, and existing.vpc is %s: name subnets of that VPC", s.VpcId, vpc)
		}
		if s.AvailableIpAddressCount < freeAddresses {
			r.say("%d addresses are free, and %d are needed at least: name a larger subnet", s.AvailableIpAddressCount,
				freeAddresses)
		}
		switch {
		case public(s.routes):
			r.say("its default route is an internet gateway, so that it is public: name private subnets")
		case s.MapPublicIpOnLaunch:
			r.say("nodes would have public addresses there: run `aws ec2 modify-subnet-attribute --subnet-id %s --no-map-public-ip-on-launch`", s.Id)
		}
		if s.Tags["kubernetes.io/role/internal-elb"] != "1" {
			r.note("internal load balancers do not find it: run `aws ec2 create-tags --resources %s --tags Key=kubernetes.io/role/internal-elb,Value=1`", s.Id)
		}
	}
	if len(zones) < 2 {
		r.id = strings.Join(sorted(zones), ", ")
		r.say("all subnets are in one zone: name some of another zone too, so that one can fail")
	}
	return r
}

// everywhere is the destination of a default route.
const everywhere = "0.0.0.0/0"

// public reports whether the default route is an internet gateway.
func public(routes []ec2.GetRouteTableRoute) bool {
	return slices.ContainsFunc(routes, func(r ec2.GetRouteTableRoute) bool {
		return r.CidrBlock == everywhere && strings.HasPrefix(r.GatewayId, "igw-")
	})
}

// leaves reports whether there is a default route by anything else: a NAT gateway, a
// transit gateway, a firewall, an appliance.
func leaves(routes []ec2.GetRouteTableRoute) bool {
	return slices.ContainsFunc(routes, func(r ec2.GetRouteTableRoute) bool {
		return r.CidrBlock == everywhere && !strings.HasPrefix(r.GatewayId, "igw-") &&
			r.GatewayId+r.NatGatewayId+r.TransitGatewayId+r.NetworkInterfaceId+r.VpcPeeringConnectionId+
				r.VpcEndpointId+r.InstanceId+r.CoreNetworkArn != ""
	})
}

// services are what nodes, add-ons and workloads call, and what a network without a way
// out must therefore have endpoints of.
var services = []string{"autoscaling", "ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticloadbalancing", "kms",
	"logs", "s3", "secretsmanager", "sts"}

// checkEndpoints reports the endpoints that a network without a way out lacks.
func (f *finder) checkEndpoints() {
	vpc := f.at.Network.VPC
	var missing []string
	called := services
	if f.cfg.Karpenter() { // it hears of interruptions by a queue, and asks for images' names
		called = append(slices.Clone(services), "sqs", "ssm")
	}
	for _, service := range called {
		name := fmt.Sprintf("com.amazonaws.%s.%s", f.cfg.Region, service)
		_, err := ec2.LookupVpcEndpoint(f.ctx, &ec2.LookupVpcEndpointArgs{VpcId: &vpc, ServiceName: &name})
		switch {
		case err == nil:
		case absent(err):
			missing = append(missing, service)
		default:
			f.failed("existing.vpc", "endpoint "+name, err)
			return
		}
	}
	r := &report{key: "existing.vpc", id: vpc}
	if len(missing) > 0 {
		r.say("subnets have no default route, and there is no endpoint of %s: add a route by a NAT gateway or a transit gateway, or the endpoints",
			strings.Join(missing, ", "))
	}
	f.take(r)
}
