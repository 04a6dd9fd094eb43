package admission

import (
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Kind is a kind of Kubernetes object.
type Kind struct {
	Type   string // Pulumi's type token: kubernetes:apps/v1:Deployment
	Plural string // deployments
}

// group splits "apps/v1" of the token.
// The core group is "" to Kubernetes.
func (k Kind) group() (group, version string) {
	middle := strings.Split(k.Type, ":")[1]
	group, version, _ = strings.Cut(middle, "/")
	if group == "core" {
		group = ""
	}
	return group, version
}

// pod reports whether objects of the kind are pods or make them.
func (k Kind) pod() bool {
	return slices.Contains([]string{"pods", "deployments", "replicasets", "statefulsets", "daemonsets", "jobs",
		"cronjobs", "replicationcontrollers", "rollouts", "podtemplates"}, k.Plural)
}

// podExpression finds the pod in any of those kinds.
// A Pod is its own; the others differ in where their template is. It relies on
// matchConstraints: for another kind it would be an error.
const podExpression = `variables.object.kind == "Pod" ? variables.object : (variables.object.kind == "PodTemplate" ? variables.object.template : (variables.object.kind == "CronJob" ? variables.object.spec.jobTemplate.spec.template : variables.object.spec.template))`

// inline is a variable's expression where there are no variables.
func inline(expression string) string {
	return strings.ReplaceAll(expression, "variables.object", "dyn(object)")
}

// kinds are those that rules may speak of at an API server.
var kinds = []Kind{
	{"kubernetes:core/v1:Pod", "pods"}, {"kubernetes:core/v1:ReplicationController", "replicationcontrollers"},
	{"kubernetes:core/v1:PodTemplate", "podtemplates"},
	{"kubernetes:apps/v1:Deployment", "deployments"}, {"kubernetes:apps/v1:ReplicaSet", "replicasets"},
	{"kubernetes:apps/v1:StatefulSet", "statefulsets"}, {"kubernetes:apps/v1:DaemonSet", "daemonsets"},
	{"kubernetes:batch/v1:Job", "jobs"}, {"kubernetes:batch/v1:CronJob", "cronjobs"},
	{"kubernetes:argoproj.io/v1alpha1:Rollout", "rollouts"}, {"kubernetes:argoproj.io/v1alpha1:Workflow", "workflows"},
	{"kubernetes:argoproj.io/v1alpha1:CronWorkflow", "cronworkflows"},
	{"kubernetes:argoproj.io/v1alpha1:WorkflowTemplate", "workflowtemplates"},
	{"kubernetes:core/v1:ConfigMap", "configmaps"}, {"kubernetes:core/v1:Secret", "secrets"},
	{"kubernetes:core/v1:Service", "services"},
	{"kubernetes:core/v1:ServiceAccount", "serviceaccounts"}, {"kubernetes:core/v1:Namespace", "namespaces"},
	{"kubernetes:core/v1:PersistentVolumeClaim", "persistentvolumeclaims"},
	{"kubernetes:core/v1:ResourceQuota", "resourcequotas"}, {"kubernetes:core/v1:LimitRange", "limitranges"},
	{"kubernetes:networking.k8s.io/v1:Ingress", "ingresses"},
	{"kubernetes:networking.k8s.io/v1:NetworkPolicy", "networkpolicies"},
	{"kubernetes:autoscaling/v2:HorizontalPodAutoscaler", "horizontalpodautoscalers"},
	{"kubernetes:policy/v1:PodDisruptionBudget", "poddisruptionbudgets"},
	{"kubernetes:rbac.authorization.k8s.io/v1:Role", "roles"},
	{"kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", "rolebindings"},
	{"kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "clusterroles"},
	{"kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", "clusterrolebindings"},
	{"kubernetes:karpenter.sh/v1:NodePool", "nodepools"},
	{"kubernetes:storage.k8s.io/v1:StorageClass", "storageclasses"},
}

// kindsOf are the kinds that a rule may speak of, whatever the object holds.
// A rule that does not say which, by type or by asking for a pod, speaks of
// none here.
// It asks the matcher with everything but the type unknown: what is not certainly
// excluded may match.
func kindsOf(match *plan.Matcher, environment string) []Kind {
	unknown := plan.Unknown{}
	resource := func(token string, pod bool) map[string]any {
		v := map[string]any{"type": token, "name": unknown, "properties": unknown, "documents": unknown,
			"environment": environment}
		if pod {
			v["pod"] = unknown
		}
		return v
	}
	// What matches a type that does not exist would match every type.
	if match.Judge(resource("none:none:None", false)) != plan.No {
		return nil
	}
	var out []Kind
	for _, k := range kinds {
		if match.Judge(resource(k.Type, k.pod())) != plan.No {
			out = append(out, k)
		}
	}
	return out
}

// subresources are the ways past an object of the kind by which what it runs is
// changed too. A rule matches a resource alone unless it names them: a container
// that joins a pod that runs, as kubectl debug lets it, is none of pods.
var subresources = map[string][]string{"pods": {"ephemeralcontainers"}}

// resourceRules are the kinds as matchConstraints name them, a rule a group
// and version.
// The API server matches resources by plural name and not by kind. DELETE is left
// out, as an object that goes cannot be wrong.
func resourceRules(kinds []Kind) []any {
	var out []any
	at := map[string]map[string]any{}
	for _, k := range kinds {
		group, version := k.group()
		key := group + "/" + version
		if at[key] == nil {
			at[key] = map[string]any{"apiGroups": []any{group}, "apiVersions": []any{version},
				"operations": []any{"CREATE", "UPDATE"}, "resources": []any{}}
			out = append(out, at[key])
		}
		at[key]["resources"] = append(at[key]["resources"].([]any), k.Plural)
		for _, sub := range subresources[k.Plural] {
			at[key]["resources"] = append(at[key]["resources"].([]any), k.Plural+"/"+sub)
		}
	}
	return out
}
