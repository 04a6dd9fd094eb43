package deployer

import (
	"slices"

	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/queue"
)

// Rule is some kinds of objects and what may be done with them.
type Rule struct {
	Group     string
	Resources []string
	Verbs     []string
	Names     []string // of the objects; empty: all
}

var (
	look   = []string{"get", "list", "watch"}
	change = append(slices.Clone(look), "create", "update", "patch", "delete")
)

// inNamespace are the kinds that a blueprint's workloads consist of. Secrets are
// none of them: on AWS there is no password to keep, and whoever reads Secrets
// reads the keys of pseudonyms. Pods are made by what owns them alone, so that
// nobody starts a shell in one. Nothing here lets a role be given that is not
// held: Kubernetes refuses to.
func inNamespace() []Rule {
	return []Rule{
		{Resources: []string{"configmaps", "services", "serviceaccounts", "resourcequotas",
			"limitranges"}, Verbs: change},
		{Resources: []string{"pods", "pods/log", "events", "endpoints"}, Verbs: look},
		{Group: "apps", Resources: []string{"deployments"}, Verbs: change},
		{Group: "apps", Resources: []string{"replicasets"}, Verbs: look},
		{Group: "batch", Resources: []string{"jobs", "cronjobs"}, Verbs: change},
		{Group: "autoscaling", Resources: []string{"horizontalpodautoscalers"}, Verbs: change},
		{Group: "policy", Resources: []string{"poddisruptionbudgets"}, Verbs: change},
		{Group: "networking.k8s.io", Resources: []string{"networkpolicies"}, Verbs: change},
		{Group: "discovery.k8s.io", Resources: []string{"endpointslices"}, Verbs: look},
		{Group: "rbac.authorization.k8s.io", Resources: []string{"roles", "rolebindings"}, Verbs: change},
		{Group: "argoproj.io", Resources: []string{"rollouts", "analysistemplates", "workflowtemplates",
			"cronworkflows"}, Verbs: change},
		// What the pod that releases versions may do.
		{Group: "argoproj.io", Resources: []string{"rollouts/status"}, Verbs: []string{"patch"}},
		// What pods of pipelines may do, and who binds a role must hold it.
		{Group: "argoproj.io", Resources: []string{"workflowtaskresults"}, Verbs: []string{"create", "patch"}},
		{Group: "monitoring.coreos.com", Resources: []string{"prometheusrules", "servicemonitors"}, Verbs: change},
		{Group: "keda.sh", Resources: []string{"scaledobjects"}, Verbs: change},
		{Group: "http.keda.sh", Resources: []string{"interceptorroutes"}, Verbs: change},
		{Group: queue.Group, Resources: []string{"localqueues"}, Verbs: change},
	}
}

// inCluster are the kinds that belong to no namespace: the namespaces
// themselves, by name, and what the API server enforces in them.
func (a *Args) inCluster() []Rule {
	may := change
	if a.Shared {
		may = look
	}
	return []Rule{
		{Resources: []string{"namespaces"}, Verbs: []string{"get", "update", "patch"}, Names: a.Namespaces},
		{Group: "admissionregistration.k8s.io",
			Resources: []string{"validatingadmissionpolicies", "validatingadmissionpolicybindings"}, Verbs: may},
	}
}

// reading leaves the verbs that change nothing.
func reading(rules []Rule) []Rule {
	var out []Rule
	for _, r := range rules {
		r.Verbs = slices.DeleteFunc(slices.Clone(r.Verbs), func(v string) bool { return !slices.Contains(look, v) })
		if len(r.Verbs) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// policyRules are the rules in Kubernetes' words.
func policyRules(rules []Rule) rbacv1.PolicyRuleArray {
	var out rbacv1.PolicyRuleArray
	for _, r := range rules {
		args := rbacv1.PolicyRuleArgs{
			ApiGroups: pulumi.ToStringArray([]string{r.Group}), Resources: pulumi.ToStringArray(r.Resources),
			Verbs: pulumi.ToStringArray(r.Verbs),
		}
		if len(r.Names) > 0 {
			args.ResourceNames = pulumi.ToStringArray(r.Names)
		}
		out = append(out, args)
	}
	return out
}
