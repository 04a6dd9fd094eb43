package cluster

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("cluster: no arguments")
	}
	p := &problems{}
	// EKS allows 100; roles are named after it and IAM allows 64.
	if !nameForm.MatchString(a.ClusterName) || len(a.ClusterName) > 50 {
		p.say("name %q: want at most 50 letters, digits, _ -", a.ClusterName)
	}
	if !versionForm.MatchString(a.Version) {
		p.say("version %q: want a minor version of Kubernetes, such as 1.35", a.Version)
	}
	if a.Region == "" {
		p.say("no region")
	}
	for _, need := range []struct {
		what string
		in   pulumi.Input
	}{{"subnets", a.SubnetIDs}, {"key", a.KMSKeyArn}, {"key for logs", a.LogKMSKeyArn}} {
		if need.in == nil {
			p.say("no %s", need.what)
		}
	}
	p.endpoint(a)
	p.admins(a.Admins)
	p.pools(a.Pools)
	return errors.Join(p.found...)
}

// problems gathers what is wrong with the arguments.
type problems struct{ found []error }

func (p *problems) say(format string, args ...any) {
	p.found = append(p.found, fmt.Errorf("cluster: "+format, args...))
}

// endpoint checks the range of services, which no subnet may share, and who reaches
// the API server: a public endpoint names ranges, and none that is half of the
// internet.
func (p *problems) endpoint(a *Args) {
	if service, err := netip.ParsePrefix(a.serviceCIDR()); err != nil || !service.Addr().Is4() ||
		service.Bits() < 12 || service.Bits() > 24 {
		p.say("service range %q: want IPv4, /12 to /24", a.ServiceCIDR)
	}
	switch {
	case a.PublicEndpoint && len(a.PublicCIDRs) == 0:
		p.say("a public endpoint without ranges: name the address ranges that can reach it")
	case !a.PublicEndpoint && len(a.PublicCIDRs) > 0:
		p.say("public ranges without a public endpoint: set it or leave them out")
	}
	for _, text := range a.PublicCIDRs {
		cidr, err := netip.ParsePrefix(text)
		switch {
		case err != nil || cidr != cidr.Masked() || !cidr.Addr().Is4():
			p.say("public range %q: want IPv4 such as 203.0.113.0/24", text)
		case cidr.Bits() < 8:
			p.say("public range %s opens the API server to the internet: want /8 or smaller", cidr)
		}
	}
}

// admins checks those that administer the cluster. One that is named twice would be
// two access entries of one principal, which EKS refuses halfway through.
func (p *problems) admins(arns []string) {
	seen := map[string]bool{}
	for _, arn := range arns {
		if !adminForm.MatchString(arn) {
			p.say("admin %q: want the ARN of an IAM role or user", arn)
		}
		if seen[arn] {
			p.say("admin %s is named twice", arn)
		}
		seen[arn] = true
	}
}

// pools checks the node groups, and that one of them takes pods without a toleration:
// DNS and the other add-ons run there.
func (p *problems) pools(pools []Pool) {
	open := false
	seen := map[string]bool{}
	for _, pool := range pools {
		open = open || !pool.tainted() && pool.Max > 0
		if !poolForm.MatchString(pool.Name) {
			p.say("pool %q: want a name of at most 31 of a-z 0-9 -", pool.Name)
		}
		if seen[pool.Name] {
			p.say("pool %s is named twice", pool.Name)
		}
		seen[pool.Name] = true
		if pool.Min < 0 || pool.Max < max(1, pool.Min) {
			p.say("pool %s: %d to %d nodes: want 0 <= min <= max, and max at least 1", pool.Name, pool.Min, pool.Max)
		}
		if pool.DiskGB != 0 && (pool.DiskGB < 20 || pool.DiskGB > 16384) {
			p.say("pool %s: disks of %d GB: want 20 to 16384", pool.Name, pool.DiskGB)
		}
		p.types(pool)
	}
	if !open {
		p.say("no pool without a taint: the cluster's own add-ons have nowhere to run")
	}
}

// types checks the instance types of a pool: one image runs on all of them, so they
// are of one architecture.
func (p *problems) types(pool Pool) {
	if len(pool.Types) == 0 {
		p.say("pool %s: no instance type", pool.Name)
	}
	for _, t := range pool.Types {
		if !typeForm.MatchString(t) {
			p.say("pool %s: instance type %q: want one such as m6i.large", pool.Name, t)
		}
		if gravitons.MatchString(t) != pool.arm() {
			p.say("pool %s: %s and %s are of two architectures: make two pools", pool.Name, pool.Types[0], t)
		}
	}
	if pool.GPU && pool.arm() {
		p.say("pool %s: EKS has no GPU image for Graviton", pool.Name)
	}
}
