package namespace

import (
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
)

// The policies that every namespace has.
const (
	denyAll = "deny-all"
	dns     = "dns"
)

// namespaceName is the label that Kubernetes gives every namespace.
const namespaceName = "kubernetes.io/metadata.name"

// network registers the policies: nothing, then names, then each flow.
func (a *Args) network(ctx *pulumi.Context, name string, opts []pulumi.ResourceOption) error {
	everyPod := &metav1.LabelSelectorArgs{}
	register := func(policy string, spec *networkingv1.NetworkPolicySpecArgs) error {
		_, err := networkingv1.NewNetworkPolicy(ctx, name+"-"+policy, &networkingv1.NetworkPolicyArgs{
			Metadata: object.Meta(a.Name, policy, a.Labels, nil), Spec: spec,
		}, opts...)
		return err
	}
	if err := register(denyAll, &networkingv1.NetworkPolicySpecArgs{
		PodSelector: everyPod, PolicyTypes: pulumi.ToStringArray([]string{"Ingress", "Egress"}),
	}); err != nil {
		return err
	}
	if err := register(dns, &networkingv1.NetworkPolicySpecArgs{
		PodSelector: everyPod, PolicyTypes: pulumi.ToStringArray([]string{"Egress"}), Egress: names(),
	}); err != nil {
		return err
	}
	for _, f := range a.Flows {
		if err := register(f.Name, f.spec()); err != nil {
			return err
		}
	}
	return nil
}

// names is DNS: the cluster's own name server, over both protocols.
func names() networkingv1.NetworkPolicyEgressRuleArray {
	ports := networkingv1.NetworkPolicyPortArray{}
	for _, protocol := range []string{"UDP", "TCP"} {
		ports = append(ports, networkingv1.NetworkPolicyPortArgs{Protocol: pulumi.String(protocol),
			Port: pulumi.Int(53)})
	}
	server := Peer{Namespace: "kube-system", Pods: map[string]string{"k8s-app": "kube-dns"}}
	return networkingv1.NetworkPolicyEgressRuleArray{networkingv1.NetworkPolicyEgressRuleArgs{
		To: networkingv1.NetworkPolicyPeerArray{server.peer()}, Ports: ports,
	}}
}

// spec is the flow as a policy. A direction without peers is not among its types, and
// so is left to the namespace's policy that denies everything.
func (f Flow) spec() *networkingv1.NetworkPolicySpecArgs {
	spec := &networkingv1.NetworkPolicySpecArgs{
		PodSelector: &metav1.LabelSelectorArgs{MatchLabels: pulumi.ToStringMap(f.Pods)},
	}
	var types []string
	if len(f.From) > 0 {
		types = append(types, "Ingress")
		rules := networkingv1.NetworkPolicyIngressRuleArray{}
		for _, p := range f.From {
			rules = append(rules, networkingv1.NetworkPolicyIngressRuleArgs{
				From: networkingv1.NetworkPolicyPeerArray{p.peer()}, Ports: p.ports(),
			})
		}
		spec.Ingress = rules
	}
	if len(f.To) > 0 {
		types = append(types, "Egress")
		rules := networkingv1.NetworkPolicyEgressRuleArray{}
		for _, p := range f.To {
			rules = append(rules, networkingv1.NetworkPolicyEgressRuleArgs{
				To: networkingv1.NetworkPolicyPeerArray{p.peer()}, Ports: p.ports(),
			})
		}
		spec.Egress = rules
	}
	spec.PolicyTypes = pulumi.ToStringArray(types)
	return spec
}

// peer is a range, or pods of one namespace or of any. Without labels it is all pods.
func (p Peer) peer() networkingv1.NetworkPolicyPeerArgs {
	if p.CIDR != nil {
		return networkingv1.NetworkPolicyPeerArgs{IpBlock: networkingv1.IPBlockArgs{Cidr: p.CIDR}}
	}
	out := networkingv1.NetworkPolicyPeerArgs{NamespaceSelector: &metav1.LabelSelectorArgs{}}
	if p.Namespace != "" {
		out.NamespaceSelector = &metav1.LabelSelectorArgs{
			MatchLabels: pulumi.StringMap{namespaceName: pulumi.String(p.Namespace)},
		}
	}
	if len(p.Pods) > 0 {
		out.PodSelector = &metav1.LabelSelectorArgs{MatchLabels: pulumi.ToStringMap(p.Pods)}
	}
	return out
}

// ports are the peer's, of TCP. For a Service they are those of its pods.
func (p Peer) ports() networkingv1.NetworkPolicyPortArray {
	out := networkingv1.NetworkPolicyPortArray{}
	for _, port := range p.Ports {
		out = append(out, networkingv1.NetworkPolicyPortArgs{Protocol: pulumi.String("TCP"), Port: pulumi.Int(port)})
	}
	return out
}
