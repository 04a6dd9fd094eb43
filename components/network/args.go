package network

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Args says where the network is and how much of it there is.
type Args struct {
	NetworkName string   // prefix of Name tags and of the groups' names
	Region      string   // "eu-west-1"
	CIDR        string   // a private IPv4 range, /16 to /22
	Zones       []string // two or three availability zones; adding a third moves nothing
	// PerZone gives every zone a NAT gateway and an address of each interface
	// endpoint; otherwise the first zone has them for all, at a third of the
	// cost, and its failure cuts the others off.
	PerZone  bool
	Reserved []string // ranges that CIDR must not overlap: services, offices, peers
	// ClusterName tags the subnets for the load balancers of that cluster.
	ClusterName string
	// Endpoints are AWS services that are reached without the internet, by
	// interface endpoints; default DefaultEndpoints.
	Endpoints []string
	// FlowLogBucketArn is the bucket that flow logs go to: what talked to what
	// is kept whether or not anybody asks today.
	FlowLogBucketArn pulumi.StringInput
	// FlowLogReady is what lets AWS deliver there; it writes a bucket policy of
	// its own over what it does not find.
	FlowLogReady []pulumi.Resource
	// Retain keeps the VPC and its private subnets when the stack goes, for a
	// database that is kept is in them: AWS would refuse to delete them.
	Retain bool
	Tags   map[string]string
}

// DefaultEndpoints are what nodes and workloads call all day: images, tokens,
// secrets, logs, keys.
var DefaultEndpoints = []string{"ecr.api", "ecr.dkr", "kms", "logs", "secretsmanager", "sts"}

var (
	regionForm   = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)
	endpointForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)
)

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("network: no arguments")
	}
	var found []error
	say := func(format string, args ...any) { found = append(found, fmt.Errorf("network: "+format, args...)) }
	if a.NetworkName == "" {
		say("no name")
	}
	if !regionForm.MatchString(a.Region) {
		say("region %q: want one such as eu-west-1", a.Region)
	}
	if a.ClusterName == "" {
		say("no cluster: load balancers find the subnets by its name")
	}
	if a.FlowLogBucketArn == nil {
		say("no bucket for flow logs")
	}
	for _, e := range a.Endpoints {
		if !endpointForm.MatchString(e) {
			say("endpoint %q: want a service's name, such as ecr.api", e)
		}
	}
	for _, problem := range append(a.zoneProblems(), a.rangeProblems()...) {
		say("%w", problem)
	}
	return errors.Join(found...)
}

// zoneProblems are what is wrong with the zones: how many, of which region, twice.
func (a *Args) zoneProblems() []error {
	var found []error
	if n := len(a.Zones); n < 2 || n > maxZones {
		found = append(found, fmt.Errorf("%d zones: want two or three, so that one can fail", n))
	}
	seen := map[string]bool{}
	for _, z := range a.Zones {
		if letter, ok := strings.CutPrefix(z, a.Region); !ok || len(letter) != 1 || letter < "a" || letter > "z" {
			found = append(found, fmt.Errorf("zone %q is not in region %s", z, a.Region))
		}
		if seen[z] {
			found = append(found, fmt.Errorf("zone %s is named twice", z))
		}
		seen[z] = true
	}
	return found
}

// rangeProblems are what is wrong with the VPC's range. It cannot be changed later,
// and a VPC that overlaps another network cannot be peered with it.
func (a *Args) rangeProblems() []error {
	cidr, err := ParseCIDR(a.CIDR)
	if err != nil {
		return []error{err}
	}
	var found []error
	if cidr.Bits() < 16 || cidr.Bits() > 22 {
		found = append(found, fmt.Errorf("range %s: want /16 to /22, since AWS allows no larger and pods need their own addresses", cidr))
	}
	if !private(cidr) {
		found = append(found, fmt.Errorf("range %s is not private: want one inside 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10", cidr))
	}
	for _, text := range a.Reserved {
		other, err := ParseCIDR(text)
		if err != nil {
			found = append(found, fmt.Errorf("reserved: %w", err))
		} else if cidr.Overlaps(other) {
			found = append(found, fmt.Errorf("range %s overlaps %s, which is reserved", cidr, other))
		}
	}
	return found
}

// ParseCIDR parses an IPv4 range that is written from its first address.
func ParseCIDR(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is4() {
		return netip.Prefix{}, fmt.Errorf("range %q: want IPv4 such as 10.0.0.0/16", text)
	}
	if p != p.Masked() {
		return netip.Prefix{}, fmt.Errorf("range %q: its first address is %s", text, p.Masked())
	}
	return p, nil
}

// private reports whether all of the range is inside one that is for private use (RFC
// 1918, RFC 6598).
func private(p netip.Prefix) bool {
	for _, text := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"} {
		if in := netip.MustParsePrefix(text); in.Bits() <= p.Bits() && in.Contains(p.Addr()) {
			return true
		}
	}
	return false
}

// endpoints are the services that are reached inside the VPC.
func (a *Args) endpoints() []string {
	if len(a.Endpoints) == 0 {
		return DefaultEndpoints
	}
	return a.Endpoints
}
