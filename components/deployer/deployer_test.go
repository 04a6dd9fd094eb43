package deployer

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

const kinds = "kubernetes:rbac.authorization.k8s.io/v1:"

func good() *Args {
	return &Args{Prefix: "ashlar", Namespaces: []string{"ashlar-system", "credit-risk"}, Reserved: []string{"argo"},
		Write: "writers", Read: "readers"}
}

func record(t *testing.T, a *Args) *pulumitest.Recording {
	t.Helper()
	return pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "ci", a)
		return err
	})
}

// allowed are what the group may do anywhere: "verb group/resource in namespace",
// "*" for the whole cluster.
func allowed(r *pulumitest.Recording, group string) map[string]bool {
	out := map[string]bool{}
	add := func(binding pulumitest.Resource, where string) {
		if binding.Text("subjects.0.name") != group || binding.Text("subjects.0.kind") != "Group" ||
			binding.At("subjects.1") != nil {
			return
		}
		for _, role := range r.All(kinds + "ClusterRole") {
			if role.Text("metadata.name") != binding.Text("roleRef.name") {
				continue
			}
			for _, rule := range role.At("rules").([]any) {
				rule := rule.(map[string]any)
				names := ""
				if n, ok := rule["resourceNames"].([]any); ok {
					for _, one := range n {
						names += " " + one.(string)
					}
				}
				for _, g := range rule["apiGroups"].([]any) {
					for _, resource := range rule["resources"].([]any) {
						for _, verb := range rule["verbs"].([]any) {
							out[verb.(string)+" "+g.(string)+"/"+resource.(string)+" in "+where+names] = true
						}
					}
				}
			}
		}
	}
	for _, b := range r.All(kinds + "ClusterRoleBinding") {
		add(b, "*")
	}
	for _, b := range r.All(kinds + "RoleBinding") {
		add(b, b.Text("metadata.namespace"))
	}
	return out
}

func TestDeployersChangeWorkloadsOfTheirNamespacesAndNothingElse(t *testing.T) {
	may := allowed(record(t, good()), "writers")
	for _, want := range []string{
		"create apps/deployments in credit-risk", "patch argoproj.io/rollouts in credit-risk",
		"delete batch/jobs in ashlar-system",
		"get /pods in credit-risk", "patch /namespaces in * ashlar-system credit-risk",
		"create admissionregistration.k8s.io/validatingadmissionpolicies in *",
	} {
		if !may[want] {
			t.Errorf("may not %s", want)
		}
	}
	for what := range may {
		verb, rest, _ := strings.Cut(what, " ")
		resource, where, _ := strings.Cut(rest, " in ")
		switch {
		case strings.Contains(what, "*/") || strings.Contains(resource, "*") || verb == "*" ||
			slices.Contains([]string{"escalate", "bind", "impersonate", "deletecollection"}, verb):
			t.Errorf("may %s", what)
		case strings.Contains(resource, "secret") || strings.Contains(resource, "exec") ||
			strings.Contains(resource, "attach") || strings.Contains(resource, "ephemeral") ||
			strings.Contains(resource, "nodes") || strings.Contains(resource, "token"):
			t.Errorf("may %s", what)
		case strings.HasPrefix(where, "*") && resource != "/namespaces" &&
			!strings.HasPrefix(resource, "admissionregistration.k8s.io/validating"):
			t.Errorf("may %s, in every namespace", what)
		case resource == "/namespaces" &&
			(verb == "create" || verb == "delete" || where != "* ashlar-system credit-risk"):
			t.Errorf("may %s", what)
		case resource == "/pods" && verb != "get" && verb != "list" && verb != "watch":
			t.Errorf("may %s", what)
		}
	}
}

func TestReadersChangeNothing(t *testing.T) {
	r := record(t, good())
	may := allowed(r, "readers")
	for what := range may {
		if verb, _, _ := strings.Cut(what, " "); !slices.Contains(look, verb) {
			t.Errorf("readers may %s", what)
		}
		if !allowed(r, "writers")[what] {
			t.Errorf("readers may %s, and writers may not", what)
		}
	}
	if !may["get apps/deployments in credit-risk"] {
		t.Errorf("readers see nothing: %v", may)
	}
}

func TestNamespacesAreConfinedFromTheStartAndOutliveTheStack(t *testing.T) {
	for _, ns := range record(t, good()).All("kubernetes:core/v1:Namespace") {
		labels, _ := ns.At("metadata.labels").(map[string]any)
		if !ns.RetainOnDelete || labels["pod-security.kubernetes.io/enforce"] != "restricted" {
			t.Errorf("%s: kept %t, labels %v", ns.Text("metadata.name"), ns.RetainOnDelete, labels)
		}
	}
}

func TestNamespacesOfTheClustersOwnAreRefused(t *testing.T) {
	a := &Args{Prefix: "Bad Name", Namespaces: []string{"kube-system", "argo", "a", "a"},
		Reserved: []string{"argo"}, Write: "x", Read: "x"}
	err := a.Validate()
	for _, want := range []string{"Bad Name", "kube-system is the cluster's own", "argo is the cluster's own",
		"a is named twice", "want two"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported: %v", want, err)
		}
	}
	if err := good().Validate(); err != nil {
		t.Error(err)
	}
}
