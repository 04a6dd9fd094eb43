package pod

import (
	"slices"
	"strings"
	"testing"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

func good() Args {
	return Args{
		Image: pulumi.String("registry/runtime:1"), Command: []string{Binary, "serve"},
		ServiceAccount: "endpoint-scoring",
		Env:            map[string]pulumi.StringInput{"B": pulumi.String("2"), "A": pulumi.String("1")},
		Secrets:        []Secret{{"ASHLAR_DATABASE", "ashlar-secrets", "database"}},
		Plan:           "plan-0123", CPU: "250m", Memory: "256Mi", Scratch: "1Gi", Port: 8080,
		Labels: map[string]string{"a": "b"},
	}
}

// recorded is the pod as an API server would get it.
func recorded(t *testing.T, a Args) pulumitest.Resource {
	t.Helper()
	return pulumitest.Must(t, func(ctx *pulumi.Context) error {
		template := a.Template()
		_, err := corev1.NewPod(ctx, "pod",
			&corev1.PodArgs{Metadata: template.Metadata.(*metav1.ObjectMetaArgs),
				Spec: template.Spec.(corev1.PodSpecArgs)})
		return err
	}).One(t, "kubernetes:core/v1:Pod")
}

func TestAPodIsConfinedAsPodSecurityRestrictedAsks(t *testing.T) {
	p := recorded(t, good())
	for path, want := range map[string]any{
		"spec.automountServiceAccountToken":                          false,
		"spec.enableServiceLinks":                                    false,
		"spec.securityContext.runAsNonRoot":                          true,
		"spec.securityContext.runAsUser":                             65532.0,
		"spec.securityContext.seccompProfile.type":                   "RuntimeDefault",
		"spec.containers.0.securityContext.allowPrivilegeEscalation": false,
		"spec.containers.0.securityContext.privileged":               false,
		"spec.containers.0.securityContext.readOnlyRootFilesystem":   true,
		"spec.containers.0.securityContext.capabilities.drop.0":      "ALL",
		"spec.containers.0.resources.requests.cpu":                   "250m",
		"spec.containers.0.resources.limits.memory":                  "256Mi",
		"spec.containers.0.command.0":                                Binary,
		"spec.volumes.0.emptyDir.sizeLimit":                          "1Gi",
		"spec.volumes.1.configMap.name":                              "plan-0123",
		"spec.containers.0.volumeMounts.1.readOnly":                  true,
		"spec.serviceAccountName":                                    "endpoint-scoring",
		"metadata.annotations":                                       nil,
		"spec.hostNetwork":                                           nil,
	} {
		if got := p.At(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
}

func TestASecretReachesAPodByReferenceOnly(t *testing.T) {
	p := recorded(t, good())
	var names []string
	for i := range 5 {
		at := "spec.containers.0.env." + string(rune('0'+i))
		name := p.Text(at + ".name")
		names = append(names, name)
		if name == "ASHLAR_DATABASE" && (p.At(at+".value") != nil ||
			p.Text(at+".valueFrom.secretKeyRef.name") != "ashlar-secrets") {
			t.Errorf("the secret is in the pod: %v", p.At(at))
		}
	}
	if got := strings.Join(names, " "); got != "A B ASHLAR_DATABASE_FILE ASHLAR_DATABASE GOMEMLIMIT" {
		t.Errorf("variables are %s", got)
	}
	// The file follows a change, where a variable keeps what it had.
	for path, want := range map[string]any{
		"spec.containers.0.env.2.value":                           "/etc/ashlar-secrets/ASHLAR_DATABASE",
		"spec.containers.0.volumeMounts.2.mountPath":              "/etc/ashlar-secrets",
		"spec.containers.0.volumeMounts.2.readOnly":               true,
		"spec.volumes.2.projected.sources.0.secret.name":          "ashlar-secrets",
		"spec.volumes.2.projected.sources.0.secret.optional":      true,
		"spec.volumes.2.projected.sources.0.secret.items.0.key":   "database",
		"spec.volumes.2.projected.sources.0.secret.items.0.path":  "ASHLAR_DATABASE",
		"spec.volumes.2.projected.defaultMode":                    288.0,
		"spec.containers.0.env.3.valueFrom.secretKeyRef.optional": nil,
	} {
		if got := p.At(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	with := good()
	with.Credentials = "ashlar-store"
	if p := recorded(t, with); p.At("spec.containers.0.envFrom.0.secretRef.optional") != true {
		t.Error("a namespace without the store's keys could start no pod")
	}
	with.CredentialsNeeded = true
	if p := recorded(t, with); p.At("spec.containers.0.envFrom.0.secretRef.optional") != false {
		t.Error("a pod starts without the keys that it needs, and never reads them again")
	}
}

func TestAPoolIsPreferredAndNotNeeded(t *testing.T) {
	a := good()
	a.Pool, a.DoNotDisrupt = &Pool{"ashlar.dev/pool", "training"}, true
	p := recorded(t, a)
	if p.Text("spec.tolerations.0.value") != "training" ||
		p.At("spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution") != nil ||
		p.Text("spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.0.preference.matchExpressions.0.key") != "ashlar.dev/pool" {
		t.Errorf("got %v and %v", p.At("spec.tolerations"), p.At("spec.affinity"))
	}
	if p.Inputs["metadata"].(map[string]any)["annotations"].(map[string]any)["karpenter.sh/do-not-disrupt"] != "true" {
		t.Error("Karpenter may move it before it has ended")
	}
}

func TestAPodToleratesWhatItAsksFor(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Args)
		want   []string
	}{
		"nothing": {func(*Args) {}, nil},
		"a GPU":   {func(a *Args) { a.GPU = 1 }, []string{"nvidia.com/gpu Exists "}},
		"ARM": {func(a *Args) { a.NodeSelector = map[string]string{ArchLabel: ARM} },
			[]string{"kubernetes.io/arch Equal arm64"}},
		"other CPUs": {func(a *Args) { a.NodeSelector = map[string]string{ArchLabel: "amd64"} }, nil},
		"spot":       {func(a *Args) { a.Interruptible = true }, []string{"ashlar.dev/capacity Equal spot"}},
	} {
		a := good()
		c.change(&a)
		var got []string
		list, _ := recorded(t, a).At("spec.tolerations").([]any)
		for _, one := range list {
			t := one.(map[string]any)
			value, _ := t["value"].(string)
			got = append(got, t["key"].(string)+" "+t["operator"].(string)+" "+value)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: tolerates %v, want %v", name, got, c.want)
		}
	}
}

func TestEveryProblemOfAPodIsReported(t *testing.T) {
	bad := Args{
		Image: pulumi.String(""), Env: map[string]pulumi.StringInput{"lower": nil, "X": pulumi.String("")},
		Secrets:        []Secret{{Variable: "X"}},
		ServiceAccount: "No Name", CPU: "lots", Memory: "-1", Scratch: "", Port: 80, Grace: -1, Pool: &Pool{},
		Labels: map[string]string{"a": "b c"},
	}
	err := bad.Validate()
	for _, want := range []string{"no image", "no command", `variable "lower"`, "lower has no value",
		"both plain and secret", "secret variable", "No Name", `cpu "lots"`,
		`memory "-1"`, `scratch ""`, "port 80", "grace", "pool", "label a"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported: %v", want, err)
		}
	}
	fine := good()
	if err := fine.Validate(); err != nil {
		t.Error(err)
	}
	if err := (*Args)(nil).Validate(); err == nil {
		t.Error("no arguments passed")
	}
}
