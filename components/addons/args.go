package addons

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

// Args says which cluster the add-ons are for.
type Args struct {
	Prefix      string // of the roles' names: "ashlar-prod"
	ClusterName pulumi.StringInput
	ClusterArn  pulumi.StringInput
	VPCID       pulumi.StringInput
	Region      string
	Account     pulumi.StringInput
	Partition   string             // default aws
	KMSKeyArn   pulumi.StringInput // volumes of the storage class StorageClass; none where Shared
	// Spread runs two of every controller and of Prometheus, so that one may
	// fail; otherwise one.
	Spread bool
	// GPU installs what offers the GPUs of nodes to pods.
	GPU bool
	// Karpenter makes nodes as pods need them, instead of the cluster autoscaler; nil:
	// it is not installed.
	Karpenter *Karpenter
	// Shared says that the cluster is somebody else's, who says which storage class is
	// the default and how nodes come and go. Its drivers know no key of ours, so that
	// volumes are encrypted under the account's.
	Shared bool
	// Prometheus are labels that the cluster's own Prometheus selects monitors by.
	Prometheus map[string]string
	// Without names add-ons that are not installed, because the cluster has
	// them already.
	Without []string
	// After is what pods need to run: nodes, and what gives them addresses.
	// Options of the component would not do: its children do not inherit them.
	After  []pulumi.Resource
	Labels map[string]string // of the namespaces
	Tags   map[string]string // of AWS resources, load balancers included
}

// Karpenter is what its controller is told, and what it may do.
type Karpenter struct {
	Cluster    string // name
	Queue      string // name of the queue of interruptions
	Statements []policy.Statement
}

var (
	prefixForm = regexp.MustCompile(`^[A-Za-z0-9+=,.@_-]{1,40}$`)
	regionForm = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)
)

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("addons: no arguments")
	}
	var found []error
	say := func(format string, args ...any) { found = append(found, fmt.Errorf("addons: "+format, args...)) }
	if !prefixForm.MatchString(a.Prefix) {
		say("prefix %q: want at most 40 letters, digits or + = , . @ _ -", a.Prefix)
	}
	if !regionForm.MatchString(a.Region) {
		say("region %q: want one such as eu-west-1", a.Region)
	}
	for _, need := range []struct {
		what string
		in   pulumi.Input
	}{{"cluster", a.ClusterName}, {"cluster's ARN", a.ClusterArn}, {"VPC", a.VPCID},
		{"account", a.Account}} {
		if need.in == nil {
			say("no %s", need.what)
		}
	}
	if a.KMSKeyArn == nil && !a.Shared {
		say("no key")
	}
	known := map[string]bool{}
	for _, r := range releases {
		known[r.chart] = true
	}
	for _, w := range a.Without {
		if !known[w] {
			say("without %q: there is no such add-on; there are %s", w, strings.Join(Charts(), ", "))
		}
	}
	return errors.Join(found...)
}

// installs reports whether the release is one of this cluster's.
func (a *Args) installs(r release) bool {
	return a.wants(r) && !slices.Contains(a.Without, r.chart)
}

// wants reports whether the cluster is to have the release, whoever installs it.
func (a *Args) wants(r release) bool { return r.when == nil || r.when(a) }

// replicas is how many of each controller run.
func (a *Args) replicas() int {
	if a.Spread {
		return 2
	}
	return 1
}

// arn returns an ARN of this account and region: service, then the resource.
func (a *Args) arn(service, resource string) pulumi.StringInput {
	return pulumi.Sprintf("arn:%s:%s:%s:%s:%s", a.partition(), service, a.Region, a.Account, resource)
}

func (a *Args) partition() string {
	if a.Partition == "" {
		return "aws"
	}
	return a.Partition
}
