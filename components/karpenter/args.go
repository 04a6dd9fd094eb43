package karpenter

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
)

// Args says which cluster Karpenter makes nodes for, and where they are.
type Args struct {
	Prefix      string             // of the names of roles and of the queue: "ashlar-prod"
	Cluster     string             // name, which is part of conditions' keys
	ClusterName pulumi.StringInput // the same, known once the cluster is there
	Region      string
	Partition   string // default aws
	Account     pulumi.StringInput
	// SubnetIDs and SecurityGroup are where nodes are. They are named, and not found by
	// tags: EKS makes the group, and subnets that exist are not changed.
	SubnetIDs     pulumi.StringArrayInput
	SecurityGroup pulumi.StringInput
	KMSKeyArn     pulumi.StringInput // of nodes' disks; nil: the account's own
	// Controlled says that the cluster has a controller of its own, which has its role
	// and hears of interruptions by its own queue.
	Controlled bool
	Pools      []Pool
	// Consolidation and ConsolidateAfter say when nodes are given up: WhenEmpty or
	// WhenEmptyOrUnderutilized, and a duration such as 5m.
	Consolidation, ConsolidateAfter string
	Tags                            map[string]string
}

// Pool is nodes of one kind.
type Pool struct {
	Name string // "batch"
	Spot bool   // AWS takes its nodes back with two minutes' notice; tainted
	ARM  bool   // arm64 and not amd64; tainted
	GPU  bool   // GPUs of NVIDIA; tainted
	// CPU, in cores, and Memory, a quantity, bound what all its nodes have together.
	CPU    int
	Memory string
}

// The words of Karpenter for when a node may go.
const (
	WhenEmpty         = "WhenEmpty"
	WhenUnderutilized = "WhenEmptyOrUnderutilized"
)

var (
	poolForm     = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)
	memoryForm   = regexp.MustCompile(`^[1-9][0-9]{0,6}(Gi|Ti)$`)
	durationForm = regexp.MustCompile(`^([0-9]+(s|m|h))+$`)
	prefixForm   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)
)

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("karpenter: no arguments")
	}
	var found []error
	say := func(format string, args ...any) { found = append(found, fmt.Errorf("karpenter: "+format, args...)) }
	if !prefixForm.MatchString(a.Prefix) {
		say("prefix %q: want at most 40 letters, digits, _ or -", a.Prefix)
	}
	if a.Cluster == "" || a.Region == "" {
		say("no cluster or no region")
	}
	for _, need := range []struct {
		what string
		in   pulumi.Input
	}{{"cluster", a.ClusterName}, {"account", a.Account}, {"subnets", a.SubnetIDs},
		{"security group", a.SecurityGroup}} {
		if need.in == nil {
			say("no %s", need.what)
		}
	}
	if !slices.Contains([]string{WhenEmpty, WhenUnderutilized}, a.Consolidation) {
		say("consolidation %q: want %s or %s", a.Consolidation, WhenEmpty, WhenUnderutilized)
	}
	if !durationForm.MatchString(a.ConsolidateAfter) {
		say("consolidation after %q: want a duration such as 5m", a.ConsolidateAfter)
	}
	if len(a.Pools) == 0 {
		say("no pool")
	}
	seen := map[string]bool{}
	for _, p := range a.Pools {
		if seen[p.Name] {
			say("pool %s is named twice", p.Name)
		}
		seen[p.Name] = true
		found = append(found, p.problems()...)
	}
	return errors.Join(found...)
}

// problems are those of the pool alone.
func (p Pool) problems() []error {
	var found []error
	say := func(format string, args ...any) {
		found = append(found, fmt.Errorf("karpenter: pool %q: "+format, append([]any{p.Name}, args...)...))
	}
	if err := object.CheckName("pool", p.Name, object.MaxLabel); err != nil || !poolForm.MatchString(p.Name) {
		say("want a name of at most 31 of a-z 0-9 -")
	}
	if p.CPU < 1 {
		say("limit of %d cores: want one at least", p.CPU)
	}
	if !memoryForm.MatchString(p.Memory) {
		say("limit of memory %q: want a quantity such as 256Gi", p.Memory)
	}
	if p.ARM && p.GPU {
		say("its GPUs would be of arm64 machines, for which images with CUDA are rarely built")
	}
	return found
}

// Spot reports whether any pool has spot instances.
func (a *Args) Spot() bool { return slices.ContainsFunc(a.Pools, func(p Pool) bool { return p.Spot }) }

func (a *Args) partition() string {
	if a.Partition == "" {
		return "aws"
	}
	return a.Partition
}
