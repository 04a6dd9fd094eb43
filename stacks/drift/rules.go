package drift

import (
	"regexp"
	"strings"
)

// rule classifies a difference by where it is. The first that fits decides.
type rule struct {
	kinds string         // kinds or resource types with spaces between them; a final * is any ending; empty: all
	path  *regexp.Regexp // nil: any path, the whole object included
	class Class
	why   string
}

func at(pattern string) *regexp.Regexp { return regexp.MustCompile(pattern) }

// Paths that mean the same in every kind that has a pod template.
var (
	wholeObject = at(`^$`)
	labels      = at(`(^|\.)metadata\.(labels|annotations)($|[.\[])`)
)

// kubernetesRules are those of Kubernetes objects.
var kubernetesRules = []rule{
	{"Namespace", at(`^metadata\.labels\[pod-security\.kubernetes\.io/`), Security,
		"the namespace's pod security standard decides which pods may start"},
	{"Namespace", wholeObject, Data, "everything in the namespace goes with it"},
	{"", at(`^metadata\.annotations\[eks\.amazonaws\.com/role-arn\]`), Security, "the annotation grants a role on AWS"},
	{"", at(`^metadata\.(labels|annotations)($|[.\[])`), Benign, "a label or annotation of the object"},
	{"", labels, Benign, "a label or annotation of the pods; changing it restarts them"},
	{"NetworkPolicy", nil, Security, "it decides who may reach the pods, and what they may reach"},
	{"Role ClusterRole RoleBinding ClusterRoleBinding", nil, Security, "it grants permissions in the cluster"},
	{"ServiceAccount Secret", nil, Security, "pods act with this identity or these credentials"},
	{"ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding", nil, Security,
		"it refuses objects that break a policy"},
	{"PersistentVolumeClaim", at(`resources`), Cost, "the volume's size is paid for"},
	{"PersistentVolumeClaim", nil, Data, "it holds data"},
	{"HorizontalPodAutoscaler ScaledObject ResourceQuota LimitRange PriorityClass", nil, Cost,
		"it bounds how much may run"},
	{"CronJob CronWorkflow", at(`^spec\.(schedule|schedules|suspend|timeZone|timezone)`), Data,
		"the schedule decides when data is read, and when it is deleted by its retention"},
	{"Pod", nil, Security, "code runs that no program of the repository starts"},
	{"", at(`\.(resources|nodeSelector|affinity|tolerations|topologySpreadConstraints)($|[.\[])`), Cost,
		"it decides which nodes are needed, and how many"},
	{"", at(`^spec\.(replicas|parallelism|completions)$`), Cost, "the number of pods is paid for"},
	{"ConfigMap", wholeObject, Security, "pods read it: the plan decides what they serve and who must approve"},
	{"ConfigMap", at(`^(data|binaryData|immutable)`), Security,
		"pods read it: the plan decides what they serve and who must approve"},
	{"Service Ingress HTTPRoute Gateway TraefikService IngressRoute Certificate InterceptorRoute", nil, Security, "it decides which pods get the requests"},
	{"PrometheusRule ServiceMonitor PodMonitor", nil, Security, "without it what goes wrong raises no alert"},
	{"PodDisruptionBudget", nil, Security, "without it a drain of nodes may stop every pod at once"},
	{"Deployment StatefulSet DaemonSet Rollout Job CronJob CronWorkflow WorkflowTemplate", nil, Security,
		"it decides which code runs, with which rights"},
}

// strangerRules are those of objects in our namespaces that nobody of ours makes, before
// the usual ones.
var strangerRules = []rule{
	{"ConfigMap", nil, Benign, "nothing of the blueprint reads it"},
	{"PersistentVolumeClaim", nil, Cost, "its volume is paid for"},
}

// unclassified is what no rule knows. Somebody must look at it: a table that is
// out of date must not let a change pass.
var unclassified = rule{class: Security, why: "no rule classifies it"}

// Classify classifies a field of a Kubernetes object, and says why; an empty path is the
// whole object.
func Classify(kind, path, change string) (class Class, why string) {
	if change == Unknown {
		if r, ok := match(strangerRules, kind, path); ok {
			return r.class, r.why
		}
	}
	if r, ok := match(kubernetesRules, kind, path); ok {
		return r.class, r.why
	}
	return unclassified.class, unclassified.why
}

func match(rules []rule, kind, path string) (rule, bool) {
	for _, r := range rules {
		if (r.path == nil || r.path.MatchString(path)) && r.covers(kind) {
			return r, true
		}
	}
	return rule{}, false
}

func (r rule) covers(kind string) bool {
	if r.kinds == "" {
		return true
	}
	for one := range strings.FieldsSeq(r.kinds) {
		if prefix, ok := strings.CutSuffix(one, "*"); one == kind || ok && strings.HasPrefix(kind, prefix) {
			return true
		}
	}
	return false
}

// Advise says what to do about a Kubernetes object. Applying the program takes back what
// the program sets; beyond reports what it does not set, which stays until somebody
// removes it.
func Advise(kind, namespace, name, change string, class Class, beyond bool) string {
	at := strings.ToLower(kind) + " " + name
	if namespace != "" {
		at += " -n " + namespace
	}
	switch {
	case kind == "Secret" && change == Changed:
		// Applying sets the value back, and its manager stays who it is now.
		return "delete it and deploy again, which makes it again: kubectl delete " + at
	case change == Missing:
		return "deploy again, which makes it again"
	case change == Unknown:
		return "if nobody needs it: kubectl delete " + at
	case beyond && class != Benign:
		return "deploying again does not remove it; remove it by kubectl edit " + at + ", or put it into the blueprint"
	case beyond:
		return "nothing, or remove it by kubectl edit " + at
	}
	return "deploy again, which sets it back, or put the change into the blueprint or the stack's config"
}
