package namespace

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
)

// Args says what the namespace is called and what may happen in it.
type Args struct {
	Name        string
	Labels      map[string]string // of every object in it
	Annotations map[string]string // of the namespace, for people
	Protect     bool              // refuses to be deleted, with everything in it
	Quota       Quota
	Flows       []Flow // all that its pods may talk to and hear from, but for DNS
}

// Quota bounds what the namespace's pods may ask for together.
type Quota struct {
	Pods     int
	CPU      int // cores
	MemoryGi int
	GPU      int // 0: its pods get none
}

// Flow is what one workload's pods may reach, and who may reach them. Together
// with a policy that denies everything, and DNS, the flows are the namespace's
// whole traffic.
type Flow struct {
	Name string            // of the NetworkPolicy
	Pods map[string]string // labels of the workload's pods
	To   []Peer
	From []Peer
}

// Peer is one end of a flow: a range of addresses, or pods of a namespace.
// Exactly one of CIDR, Namespace and AnyNamespace is set.
type Peer struct {
	CIDR         pulumi.StringInput // "10.0.0.0/16"
	Namespace    string             // by its name
	AnyNamespace bool               // any pod of this cluster
	Pods         map[string]string  // only these pods of the namespace; nil: all
	Ports        []int              // TCP
}

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("namespace: no arguments")
	}
	found := []error{object.CheckName("namespace", a.Name, object.MaxLabel), object.CheckLabels(a.Labels)}
	say := func(format string, args ...any) {
		found = append(found, fmt.Errorf("namespace %s: "+format, append([]any{a.Name}, args...)...))
	}
	if reserved[a.Name] {
		say("it is the cluster's own: choose another name")
	}
	if a.Quota.GPU < 0 {
		say("quota of %d GPUs: want none or more", a.Quota.GPU)
	}
	if a.Quota.Pods <= 0 || a.Quota.CPU <= 0 || a.Quota.MemoryGi <= 0 {
		say("quota of %d pods, %d cores and %d GiB: want more than none of each", a.Quota.Pods,
			a.Quota.CPU, a.Quota.MemoryGi)
	}
	seen := map[string]bool{}
	for _, f := range a.Flows {
		if err := object.CheckName("network policy", f.Name, object.MaxLabel); err != nil {
			say("%w", err)
		}
		if seen[f.Name] || f.Name == denyAll || f.Name == dns {
			say("flow %s: a network policy of this name is there already", f.Name)
		}
		seen[f.Name] = true
		if len(f.Pods) == 0 {
			say("flow %s: it selects every pod; name the workload's labels", f.Name)
		}
		for _, p := range append(f.To[:len(f.To):len(f.To)], f.From...) {
			if err := p.problem(); err != nil {
				say("flow %s: %w", f.Name, err)
			}
		}
	}
	return errors.Join(found...)
}

// reserved are namespaces that clusters bring along.
var reserved = map[string]bool{"default": true, "kube-system": true, "kube-public": true, "kube-node-lease": true}

// problem is the first thing that is wrong with the peer; a range that is an output is
// judged by the API server.
func (p Peer) problem() error {
	ways := 0
	for _, set := range []bool{p.CIDR != nil, p.Namespace != "", p.AnyNamespace} {
		if set {
			ways++
		}
	}
	if ways != 1 {
		return errors.New("a peer is a range, a namespace or any namespace: one of them")
	}
	if text, known := p.CIDR.(pulumi.String); known {
		if _, err := netip.ParsePrefix(string(text)); err != nil {
			return fmt.Errorf("peer %q: want a range such as 10.0.0.0/16", text)
		}
	}
	if p.CIDR != nil && len(p.Pods) > 0 {
		return errors.New("a peer is a range or pods, not both")
	}
	if len(p.Ports) == 0 {
		return errors.New("a peer has no port: name them")
	}
	for _, port := range p.Ports {
		if port < 1 || port > 65535 {
			return fmt.Errorf("port %d: want 1 to 65535", port)
		}
	}
	return nil
}
