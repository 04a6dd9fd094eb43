package releaser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/endpoint"
	"github.com/ashlar-dev/ashlar/components/pod"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

func good() *Args {
	labels := map[string]string{"app": "release"}
	return &Args{
		Namespace: "credit-risk", Selector: labels, Labels: labels, Delivery: endpoint.Rollout,
		Endpoints: []string{"scoring", "limits"},
		Pod: pod.Args{Image: pulumi.String("i:1"), Command: []string{pod.Binary, "release"}, Token: true, Port: 8080,
			ServiceAccount: "release-models", CPU: "20m", Memory: "128Mi", Scratch: "64Mi", Labels: labels},
	}
}

func record(t *testing.T, a *Args) *pulumitest.Recording {
	t.Helper()
	return pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "credit-risk-release", a)
		return err
	})
}

// TestItMayPatchTheEndpointsWorkloadsByNameAndNothingElse, for both deliveries.
func TestItMayPatchTheEndpointsWorkloadsByNameAndNothingElse(t *testing.T) {
	for delivery, want := range map[string]string{
		endpoint.Rollout: "[argoproj.io] [rollouts] [scoring limits] [get patch]\n" +
			"[argoproj.io] [rollouts/status] [scoring limits] [patch]\n",
		endpoint.Deployment: "[apps] [deployments] [scoring limits] [get patch]\n",
	} {
		a := good()
		a.Delivery = delivery
		role := record(t, a).One(t, "kubernetes:rbac.authorization.k8s.io/v1:Role")
		got := ""
		for i := range role.At("rules").([]any) {
			at := func(key string) any { return role.At(fmt.Sprintf("rules.%d.%s", i, key)) }
			got += fmt.Sprintln(at("apiGroups"), at("resources"), at("resourceNames"), at("verbs"))
		}
		if got != want {
			t.Errorf("%s: its rules are\n%swant\n%s", delivery, got, want)
		}
	}
}

func TestItsTokenIsMountedForAnHourAndForNobodyElse(t *testing.T) {
	r := record(t, good())
	if r.One(t, "kubernetes:core/v1:ServiceAccount").At("automountServiceAccountToken") != false {
		t.Error("every pod of the account has a token")
	}
	d := r.One(t, "kubernetes:apps/v1:Deployment")
	spec := fmt.Sprint(d.At("spec.template.spec"))
	for _, want := range []string{"expirationSeconds:3600", "kube-root-ca.crt", "mountPath:" + pod.AccountDir, "path:/ready",
		"automountServiceAccountToken:false"} {
		if !strings.Contains(spec, want) {
			t.Errorf("its pod lacks %s: %s", want, spec)
		}
	}
	if b := r.One(t, "kubernetes:policy/v1:PodDisruptionBudget"); b.At("spec.maxUnavailable") != 1.0 {
		t.Errorf("a node waits for it: %v", b.At("spec"))
	}
}

func TestArgumentsThatMoveNothingAreRefused(t *testing.T) {
	for want, change := range map[string]func(*Args){
		"no endpoint to move":      func(a *Args) { a.Endpoints = nil },
		"no token":                 func(a *Args) { a.Pod.Token = false },
		`delivery "helm"`:          func(a *Args) { a.Delivery = "helm" },
		"its own pod does not":     func(a *Args) { a.Selector = map[string]string{"app": "other"} },
		"releaser: no endpoint to": func(a *Args) { a.Endpoints = []string{} },
	} {
		a := good()
		change(a)
		if err := a.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if err := (*Args)(nil).Validate(); err == nil {
		t.Error("no arguments are fine")
	}
}
