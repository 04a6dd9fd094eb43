package aws

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

// answering is a cluster with namespaces, by their manager or the tenant that they were
// made for, and with kinds by group.
type answering struct {
	managers, tenants map[string]string
	kinds             map[string][]string
	fails             error
}

func (a answering) Context() string { return "test" }
func (a answering) Server() string  { return "https://cluster.example.com" }

func (a answering) Namespace(_ context.Context, name string) (labels,
	annotations map[string]string, found bool, err error) {
	manager, managed := a.managers[name]
	tenant, made := a.tenants[name]
	labels = map[string]string{object.LabelOwner: "somebody"}
	if made {
		labels[object.LabelTenant] = tenant
	}
	if manager != "" {
		annotations = map[string]string{object.AnnotationManager: manager}
	}
	return labels, annotations, managed || made, a.fails
}

func (a answering) Kinds(_ context.Context, group string) ([]string, error) {
	return a.kinds[group], nil
}

// everything are the kinds of a cluster with all engines.
var everything = map[string][]string{
	"argoproj.io/v1alpha1":            {"Rollout", "WorkflowTemplate", "CronWorkflow"},
	"monitoring.coreos.com/v1":        {"PrometheusRule", "ServiceMonitor"},
	"keda.sh/v1alpha1":                {"ScaledObject"},
	"http.keda.sh/v1beta1":            {"InterceptorRoute"},
	"admissionregistration.k8s.io/v1": {"ValidatingAdmissionPolicy"},
}

func TestTheClusterIsVerifiedBeforeTheFirstResource(t *testing.T) {
	cfg := elsewhere()
	cfg.Project, cfg.Stack = "acme-credit", "prod"
	cfg.Delivery, cfg.Pipelines, cfg.Monitoring, cfg.KedaNamespace = "rollout", "argo", true, "keda"
	own, system := cfg.NamespaceOf(credit()), cfg.SystemNamespace()
	for name, c := range map[string]struct {
		cluster answering
		want    []string // parts of the error; none: it is deployed
	}{
		"an empty cluster": {answering{kinds: everything}, nil},
		"its own namespaces": {answering{managers: map[string]string{own: "acme-credit/prod",
			system: "acme-credit/prod"}, kinds: everything}, nil},
		"one made for it": {answering{tenants: map[string]string{own: cfg.Name}, kinds: everything}, nil},
		"made for another": {answering{tenants: map[string]string{own: "other"}, kinds: everything},
			[]string{"no stack of Ashlar's manages it"}},
		"another's, and taken": {answering{managers: map[string]string{own: "other/prod"},
			tenants: map[string]string{own: cfg.Name}, kinds: everything},
			[]string{"managed by stack other/prod (owner somebody), and this is acme-credit/prod"}},
		"another environment": {answering{managers: map[string]string{own: "acme-credit/dev"}, kinds: everything},
			[]string{"managed by stack acme-credit/dev"}},
		"somebody's": {answering{managers: map[string]string{own: ""}, kinds: everything},
			[]string{"kubectl annotate namespace " + own + " ashlar.dev/stack=acme-credit/prod"}},
		"two at once, and no engines": {answering{managers: map[string]string{own: "a/b", system: "c/d"}},
			[]string{"stack a/b", "stack c/d", "no Rollout of argoproj.io/v1alpha1", "no CronWorkflow",
				"no ServiceMonitor", "no ScaledObject of keda.sh/v1alpha1", "no InterceptorRoute",
				"pulumi config rm kedaNamespace", "pulumi config set delivery deployment"}},
		"one that does not answer": {answering{fails: errors.New("cluster test does not answer")},
			[]string{"does not answer"}},
	} {
		t.Run(name, func(t *testing.T) {
			open := func(kubeconfig, name, server string) (Cluster, error) { return c.cluster, nil }
			r, err := pulumitest.Run(Program([]*plan.Plan{credit()}, cfg, open))
			if len(c.want) == 0 {
				if err != nil || len(r.Resources) == 0 {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not said: %v", want, err)
				}
			}
			if len(r.Resources) != 0 {
				t.Errorf("%d resources were registered first", len(r.Resources))
			}
		})
	}
}

func TestTheProviderIsOfTheContextThatWasVerified(t *testing.T) {
	cfg := elsewhere()
	cfg.Context = "theirs"
	asked := ""
	open := func(kubeconfig, name, server string) (Cluster, error) {
		asked = name
		return answering{kinds: everything}, nil
	}
	r := pulumitest.Must(t, Program([]*plan.Plan{credit()}, cfg, open))
	provider := r.One(t, "pulumi:providers:kubernetes")
	if asked != "theirs" || provider.Text("context") != "test" || provider.Text("clusterIdentifier") != "theirs" {
		t.Errorf("asked for %q, and the provider has %v", asked, provider.Inputs)
	}
}
