package network

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

func args(zones ...string) *Args {
	return &Args{
		NetworkName: "ashlar-prod", Region: "eu-west-1", CIDR: "10.0.0.0/16", Zones: zones, PerZone: true,
		ClusterName: "ashlar-prod", FlowLogBucketArn: pulumi.String("arn:aws:s3:::flows"),
		Reserved: []string{"172.20.0.0/16"},
		Tags:     map[string]string{"ashlar:owner": "platform"},
	}
}

func record(t *testing.T, a *Args) *pulumitest.Recording {
	t.Helper()
	return pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "net", a)
		return err
	})
}

func TestEveryZoneHasBothSubnetsAndItsOwnWayOut(t *testing.T) {
	r := record(t, args("eu-west-1a", "eu-west-1b", "eu-west-1c"))
	for typ, want := range map[string]int{
		"aws:ec2/subnet:Subnet": 6, "aws:ec2/natGateway:NatGateway": 3, "aws:ec2/eip:Eip": 3,
		"aws:ec2/routeTable:RouteTable": 4, "aws:ec2/route:Route": 4,
		"aws:ec2/routeTableAssociation:RouteTableAssociation": 6,
	} {
		if got := len(r.All(typ)); got != want {
			t.Errorf("%d of %s, want %d", got, typ, want)
		}
	}
	for _, z := range []string{"eu-west-1a", "eu-west-1b", "eu-west-1c"} {
		private := r.Named(t, "aws:ec2/subnet:Subnet", "net-private-"+z)
		if private.Text("availabilityZone") != z || private.Tag("kubernetes.io/role/internal-elb") != "1" ||
			private.At("mapPublicIpOnLaunch") != false {
			t.Errorf("private subnet %v", private.Inputs)
		}
		if got := r.Named(t, "aws:ec2/route:Route", "net-private-"+z).Text("natGatewayId"); got != "net-nat-"+z+"-id" {
			t.Errorf("zone %s leaves by %s", z, got)
		}
		public := r.Named(t, "aws:ec2/subnet:Subnet", "net-public-"+z)
		if public.Tag("kubernetes.io/role/elb") != "1" || public.Tag("kubernetes.io/cluster/ashlar-prod") != "shared" {
			t.Errorf("public subnet %v", public.At("tags"))
		}
	}
}

func TestOneWayOutIsEnoughWhereItIsAskedFor(t *testing.T) {
	a := args("eu-west-1a", "eu-west-1b")
	a.PerZone = false
	r := record(t, a)
	if n := len(r.All("aws:ec2/natGateway:NatGateway")); n != 1 {
		t.Errorf("%d NAT gateways", n)
	}
	for _, e := range r.All("aws:ec2/vpcEndpoint:VpcEndpoint") {
		if subnets, ok := e.At("subnetIds").([]any); ok && len(subnets) != 1 {
			t.Errorf("endpoint %s is paid for in %d zones", e.Name, len(subnets))
		}
	}
}

func TestServicesAreReachedWithoutTheInternet(t *testing.T) {
	r := record(t, args("eu-west-1a", "eu-west-1b"))
	var interfaces []string
	for _, e := range r.All("aws:ec2/vpcEndpoint:VpcEndpoint") {
		service := strings.TrimPrefix(e.Text("serviceName"), "com.amazonaws.eu-west-1.")
		if e.Text("vpcEndpointType") == "Gateway" {
			if service != "s3" || len(e.At("routeTableIds").([]any)) != 3 {
				t.Errorf("gateway %v", e.Inputs)
			}
			continue
		}
		interfaces = append(interfaces, service)
		if e.At("privateDnsEnabled") != true || len(e.At("subnetIds").([]any)) != 2 {
			t.Errorf("endpoint %v", e.Inputs)
		}
	}
	slices.Sort(interfaces)
	if !slices.Equal(interfaces, DefaultEndpoints) {
		t.Errorf("endpoints %v, want %v", interfaces, DefaultEndpoints)
	}
	rule := r.One(t, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
	if rule.Text("cidrIpv4") != "10.0.0.0/16" || rule.At("fromPort") != 443.0 || rule.At("toPort") != 443.0 {
		t.Errorf("endpoints answer %v", rule.Inputs)
	}
}

func TestTheDefaultGroupIsClosedAndFlowsAreLogged(t *testing.T) {
	r := record(t, args("eu-west-1a", "eu-west-1b"))
	group := r.One(t, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
	if group.At("ingress") != nil || group.At("egress") != nil {
		t.Errorf("default group %v", group.Inputs)
	}
	flow := r.One(t, "aws:ec2/flowLog:FlowLog")
	if flow.Text("trafficType") != "ALL" || flow.Text("logDestination") != "arn:aws:s3:::flows" ||
		flow.Text("logDestinationType") != "s3" {
		t.Errorf("flow log %v", flow.Inputs)
	}
	if vpc := r.One(t, "aws:ec2/vpc:Vpc"); vpc.At("enableDnsHostnames") != true ||
		!slices.Contains(vpc.IgnoreChanges, "cidrBlock") {
		t.Errorf("vpc %v ignores %v", vpc.Inputs, vpc.IgnoreChanges)
	}
}

func TestWhatADatabaseStandsInIsKept(t *testing.T) {
	for _, retain := range []bool{true, false} {
		a := args("eu-west-1a", "eu-west-1b")
		a.Retain = retain
		r := record(t, a)
		if r.One(t, "aws:ec2/vpc:Vpc").RetainOnDelete != retain {
			t.Errorf("retain %v: the VPC", retain)
		}
		for _, s := range r.All("aws:ec2/subnet:Subnet") {
			if want := retain && strings.Contains(s.Name, "private"); s.RetainOnDelete != want {
				t.Errorf("retain %v: %s", retain, s.Name)
			}
		}
	}
}

func TestAThirdZoneRenamesNothing(t *testing.T) {
	names := func(r *pulumitest.Recording) map[string]string {
		out := map[string]string{}
		for _, s := range r.All("aws:ec2/subnet:Subnet") {
			out[s.Name] = s.Text("cidrBlock")
		}
		return out
	}
	two := names(record(t, args("eu-west-1a", "eu-west-1b")))
	three := names(record(t, args("eu-west-1a", "eu-west-1b", "eu-west-1c")))
	for name, cidr := range two {
		if three[name] != cidr {
			t.Errorf("%s: %s became %s", name, cidr, three[name])
		}
	}
}

func TestValidateRefuses(t *testing.T) {
	cases := map[string]struct {
		spoil func(*Args)
		want  string
	}{
		"no range":               {func(a *Args) { a.CIDR = "" }, "want IPv4"},
		"an IPv6 range":          {func(a *Args) { a.CIDR = "fd00::/56" }, "want IPv4"},
		"a range with host bits": {func(a *Args) { a.CIDR = "10.0.0.1/16" }, "its first address is 10.0.0.0/16"},
		"a range too large":      {func(a *Args) { a.CIDR = "10.0.0.0/8" }, "want /16 to /22"},
		"a range too small":      {func(a *Args) { a.CIDR = "10.0.0.0/24" }, "want /16 to /22"},
		"a public range":         {func(a *Args) { a.CIDR = "8.8.0.0/16" }, "is not private"},
		"the services' range":    {func(a *Args) { a.CIDR = "172.20.0.0/18" }, "overlaps 172.20.0.0/16"},
		"a peer's range": {func(a *Args) { a.Reserved = []string{"10.0.128.0/24"} },
			"overlaps 10.0.128.0/24"},
		"a reserved range of none": {func(a *Args) { a.Reserved = []string{"office"} }, `reserved: range "office"`},
		"one zone":                 {func(a *Args) { a.Zones = a.Zones[:1] }, "1 zones"},
		"four zones": {func(a *Args) {
			a.Zones = append(a.Zones, "eu-west-1c",
				"eu-west-1d")
		}, "4 zones"},
		"a zone twice":            {func(a *Args) { a.Zones[1] = a.Zones[0] }, "named twice"},
		"a zone of elsewhere":     {func(a *Args) { a.Zones[1] = "us-east-1a" }, "not in region"},
		"a zone that is a region": {func(a *Args) { a.Zones[1] = "eu-west-1" }, "not in region"},
		"no region":               {func(a *Args) { a.Region = "" }, "region"},
		"no flow logs":            {func(a *Args) { a.FlowLogBucketArn = nil }, "no bucket for flow logs"},
		"no cluster":              {func(a *Args) { a.ClusterName = "" }, "no cluster"},
		"an endpoint of none":     {func(a *Args) { a.Endpoints = []string{"S3 "} }, "want a service's name"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			a := args("eu-west-1a", "eu-west-1b")
			c.spoil(a)
			if err := a.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if err := args("eu-west-1a", "eu-west-1b").Validate(); err != nil {
		t.Errorf("good arguments: %v", err)
	}
}

func TestNothingIsRegisteredForBadArguments(t *testing.T) {
	r, err := pulumitest.Run(func(ctx *pulumi.Context) error {
		_, err := New(ctx, "net", &Args{CIDR: "10.0.0.0/8"})
		return err
	})
	if err == nil || len(r.Resources) != 0 {
		t.Errorf("error %v, %d resources", err, len(r.Resources))
	}
	for _, want := range []string{"no name", "region", "zones", "want /16", "no cluster", "flow logs"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}
