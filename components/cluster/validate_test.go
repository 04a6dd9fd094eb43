package cluster

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

func TestValidateRefuses(t *testing.T) {
	cases := map[string]struct {
		spoil func(*Args)
		want  string
	}{
		"a long name":     {func(a *Args) { a.ClusterName = strings.Repeat("a", 51) }, "at most 50"},
		"a patch version": {func(a *Args) { a.Version = "1.32.1" }, "minor version"},
		"no region":       {func(a *Args) { a.Region = "" }, "no region"},
		"no subnets":      {func(a *Args) { a.SubnetIDs = nil }, "no subnets"},
		"no key":          {func(a *Args) { a.KMSKeyArn = nil }, "no key"},
		"the internet":    {func(a *Args) { a.PublicCIDRs = []string{"0.0.0.0/0"} }, "opens the API server"},
		"half the internet": {func(a *Args) { a.PublicCIDRs = []string{"128.0.0.0/1"} },
			"opens the API server"},
		"an address":                {func(a *Args) { a.PublicCIDRs = []string{"203.0.113.7"} }, "want IPv4"},
		"a public end for nobody":   {func(a *Args) { a.PublicCIDRs = nil }, "without ranges"},
		"ranges of a private end":   {func(a *Args) { a.PublicEndpoint = false }, "without a public endpoint"},
		"a service range too small": {func(a *Args) { a.ServiceCIDR = "172.20.0.0/28" }, "service range"},
		"an admin that is a group": {func(a *Args) { a.Admins = []string{"arn:aws:iam::123456789012:group/ops"} },
			"role or user"},
		"an admin twice":       {func(a *Args) { a.Admins = append(a.Admins, a.Admins[0]) }, "named twice"},
		"no pool":              {func(a *Args) { a.Pools = nil }, "nowhere to run"},
		"only tainted pools":   {func(a *Args) { a.Pools = a.Pools[1:] }, "nowhere to run"},
		"a pool twice":         {func(a *Args) { a.Pools[1].Name = "general" }, "named twice"},
		"a pool without types": {func(a *Args) { a.Pools[0].Types = nil }, "no instance type"},
		"a type of none":       {func(a *Args) { a.Pools[0].Types = []string{"large"} }, "want one such as"},
		"two architectures": {func(a *Args) {
			a.Pools[0].Types = []string{"m6i.large",
				"m7g.large"}
		}, "two architectures"},
		"a GPU on Graviton":      {func(a *Args) { a.Pools[1].Types = []string{"g5g.xlarge"} }, "no GPU image"},
		"fewer than least":       {func(a *Args) { a.Pools[0].Max = 1 }, "want 0 <= min <= max"},
		"a small disk":           {func(a *Args) { a.Pools[0].DiskGB = 8 }, "disks of 8 GB"},
		"a pool with a bad name": {func(a *Args) { a.Pools[0].Name = "General" }, "want a name"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			a := args()
			c.spoil(a)
			if err := a.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if err := args().Validate(); err != nil {
		t.Errorf("good arguments: %v", err)
	}
}

func TestNothingIsRegisteredForBadArguments(t *testing.T) {
	r, err := pulumitest.Run(func(ctx *pulumi.Context) error {
		_, err := New(ctx, "eks", &Args{})
		return err
	})
	if err == nil || len(r.Resources) != 0 {
		t.Errorf("error %v, %d resources", err, len(r.Resources))
	}
}
