package namespace

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

const policyType = "kubernetes:networking.k8s.io/v1:NetworkPolicy"

func good() *Args {
	return &Args{
		Name: "credit-risk", Labels: map[string]string{"app.kubernetes.io/instance": "credit-risk"},
		Quota: Quota{Pods: 64, CPU: 32, MemoryGi: 128},
		Flows: []Flow{{
			Name: "endpoint-scoring", Pods: map[string]string{"app": "scoring"},
			To: []Peer{{CIDR: pulumi.String("10.0.0.0/16"), Ports: []int{5432}},
				{Namespace: "minio", Pods: map[string]string{"app": "minio"}, Ports: []int{9000}}},
			From: []Peer{{AnyNamespace: true, Ports: []int{8080}}},
		}},
	}
}

func record(t *testing.T, a *Args) *pulumitest.Recording {
	t.Helper()
	return pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "credit-risk", a)
		return err
	})
}

func TestPodSecurityIsEnforcedAtLevelRestricted(t *testing.T) {
	ns := record(t, good()).One(t, "kubernetes:core/v1:Namespace")
	labels := ns.At("metadata.labels").(map[string]any)
	for _, mode := range []string{"enforce", "audit", "warn"} {
		if labels["pod-security.kubernetes.io/"+mode] != "restricted" {
			t.Errorf("%s is %v", mode, labels["pod-security.kubernetes.io/"+mode])
		}
	}
}

func TestNothingPassesButNamesAndTheFlows(t *testing.T) {
	r := record(t, good())
	var names []string
	for _, p := range r.All(policyType) {
		names = append(names, p.Text("metadata.name"))
	}
	slices.Sort(names)
	if got := strings.Join(names, " "); got != "deny-all dns endpoint-scoring" {
		t.Fatalf("policies are %s", got)
	}
	deny := r.Named(t, policyType, "credit-risk-deny-all")
	if deny.At("spec.ingress") != nil || deny.At("spec.egress") != nil ||
		deny.Text("spec.policyTypes.0") != "Ingress" || deny.Text("spec.policyTypes.1") != "Egress" {
		t.Errorf("deny-all lets something through: %v", deny.Inputs["spec"])
	}
	if selector, ok := deny.At("spec.podSelector").(map[string]any); !ok || len(selector) != 0 {
		t.Errorf("deny-all selects %v, not every pod", deny.At("spec.podSelector"))
	}
	flow := r.Named(t, policyType, "credit-risk-endpoint-scoring")
	for path, want := range map[string]any{
		"spec.podSelector.matchLabels.app":                   "scoring",
		"spec.egress.0.to.0.ipBlock.cidr":                    "10.0.0.0/16",
		"spec.egress.0.ports.0.port":                         5432.0,
		"spec.egress.1.to.0.podSelector.matchLabels.app":     "minio",
		"spec.ingress.0.ports.0.port":                        8080.0,
		"spec.ingress.0.from.0.podSelector":                  nil,
		"spec.ingress.0.from.0.ipBlock":                      nil,
		"spec.egress.2":                                      nil,
		"spec.egress.0.to.0.namespaceSelector":               nil,
		"spec.egress.1.to.0.namespaceSelector.matchLabels.x": nil,
	} {
		if got := flow.At(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	to := flow.At("spec.egress.1.to.0.namespaceSelector.matchLabels").(map[string]any)
	if to["kubernetes.io/metadata.name"] != "minio" {
		t.Errorf("namespace %v", to)
	}
	dns := r.Named(t, policyType, "credit-risk-dns")
	if dns.At("spec.egress.0.ports.0.port") != 53.0 || dns.At("spec.egress.1") != nil || dns.At("spec.ingress") != nil {
		t.Errorf("dns lets more through than names: %v", dns.Inputs["spec"])
	}
}

func TestAFlowInOneDirectionSaysNothingOfTheOther(t *testing.T) {
	a := good()
	a.Flows[0].From = nil
	flow := record(t, a).Named(t, policyType, "credit-risk-endpoint-scoring")
	if flow.At("spec.policyTypes.1") != nil || flow.Text("spec.policyTypes.0") != "Egress" {
		t.Errorf("types are %v", flow.At("spec.policyTypes"))
	}
}

func TestTheNamespaceIsBounded(t *testing.T) {
	r := record(t, good())
	hard := r.One(t, "kubernetes:core/v1:ResourceQuota").At("spec.hard").(map[string]any)
	for key, want := range map[string]string{
		"pods": "64", "requests.cpu": "32", "requests.memory": "128Gi", "services.loadbalancers": "0",
		"services.nodeports": "0", "persistentvolumeclaims": "0", "requests.nvidia.com/gpu": "0",
	} {
		if hard[key] != want {
			t.Errorf("%s is %v, want %s", key, hard[key], want)
		}
	}
	if r.One(t, "kubernetes:core/v1:LimitRange").Text("spec.limits.0.default.memory") == "" {
		t.Error("a container that has no constraint is refused by the quota")
	}
}

func TestEverythingInItComesAfterIt(t *testing.T) {
	for _, res := range record(t, good()).Resources {
		if res.Component || res.Type == "kubernetes:core/v1:Namespace" {
			continue
		}
		if len(res.DependsOn) == 0 {
			t.Errorf("%s %s may be made before the namespace", res.Type, res.Name)
		}
		if res.Text("metadata.namespace") != "credit-risk" {
			t.Errorf("%s %s is in namespace %q", res.Type, res.Name, res.Text("metadata.namespace"))
		}
	}
}

func TestEveryProblemOfANamespaceIsReported(t *testing.T) {
	a := &Args{
		Name: "default", Labels: map[string]string{"a": "b c"},
		Flows: []Flow{
			{Name: "dns", Pods: map[string]string{"a": "b"},
				To: []Peer{{CIDR: pulumi.String("10.0.0.0/16"), AnyNamespace: true, Ports: []int{1}}}},
			{Name: "Bad Name", To: []Peer{{CIDR: pulumi.String("ten"), Ports: []int{1}}, {AnyNamespace: true},
				{Namespace: "x", Ports: []int{0}},
				{CIDR: pulumi.String("10.0.0.0/8"), Pods: map[string]string{"a": "b"}, Ports: []int{1}}}},
		},
	}
	err := a.Validate()
	for _, want := range []string{"cluster's own", "label a", "quota of 0 pods", "flow dns: a network policy",
		"one of them", "Bad Name", "selects every pod", `peer "ten"`, "no port", "port 0", "range or pods"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported: %v", want, err)
		}
	}
	r, err := pulumitest.Run(func(ctx *pulumi.Context) error {
		_, err := New(ctx, "x", a)
		return err
	})
	if err == nil || len(r.Resources) != 0 {
		t.Errorf("%d resources were registered before the arguments were refused (%v)", len(r.Resources), err)
	}
}
