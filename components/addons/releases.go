package addons

import "github.com/ashlar-dev/ashlar/components/policy"

// release is one Helm chart at one version: what is installed is what was
// tested, and an upgrade is a pull request.
type release struct {
	chart      string // and the release's name, and its service account where it has an identity
	repository string // https://..., or oci://... of a registry
	version    string
	namespace  string
	level      string // Pod Security level of the namespace
	values     func(*Args) map[string]any
	provides   Provided // empty: nothing of the API server's tells whether it is there
	// statements is what its pods may do in AWS; nil: nothing.
	statements func(*Args) []policy.Statement
	// when says whether it is installed; nil: always.
	when func(*Args) bool
}

// Provided is a kind by which an add-on is known to be in a cluster.
type Provided struct{ GroupVersion, Kind string }

const (
	argo  = "https://argoproj.github.io/argo-helm"
	stack = Monitoring
	// Monitoring is the chart of Prometheus, Alertmanager and Grafana.
	Monitoring = "kube-prometheus-stack"
	// MonitoringNamespace is where Prometheus scrapes from: workloads let it in.
	MonitoringNamespace = "monitoring"
)

// releases is the list that an add-on is added to. The first brings the custom
// resources of monitoring that the others use.
var releases = []release{
	{
		chart: stack, repository: "https://prometheus-community.github.io/helm-charts", version: "75.9.0",
		// The node exporter reads the node's own files.
		namespace: MonitoringNamespace, level: "privileged", values: (*Args).monitoring,
		provides: Provided{"monitoring.coreos.com/v1", "PrometheusRule"},
	},
	{
		chart: "argo-workflows", repository: argo, version: "0.45.19",
		namespace: "argo", level: "baseline", values: (*Args).workflows,
		provides: Provided{"argoproj.io/v1alpha1", "WorkflowTemplate"},
	},
	{
		chart: "argo-rollouts", repository: argo, version: "2.40.5",
		namespace: "argo-rollouts", level: "restricted", values: (*Args).rollouts,
		provides: Provided{"argoproj.io/v1alpha1", "Rollout"},
	},
	{
		chart: "aws-load-balancer-controller", repository: "https://aws.github.io/eks-charts", version: "1.13.4",
		namespace: "aws-load-balancer-controller", level: "baseline", values: (*Args).balancer,
		provides:   Provided{"elbv2.k8s.aws/v1beta1", "TargetGroupBinding"},
		statements: (*Args).balancerStatements,
	},
	{
		chart: "cluster-autoscaler", repository: "https://kubernetes.github.io/autoscaler", version: "9.46.6",
		namespace: "cluster-autoscaler", level: "baseline", values: (*Args).autoscaler,
		statements: (*Args).autoscalerStatements,
		when:       func(a *Args) bool { return !a.Shared && a.Karpenter == nil },
	},
	{
		chart: "karpenter", repository: "oci://public.ecr.aws/karpenter", version: "1.12.0",
		namespace: "karpenter", level: "baseline", values: (*Args).karpenter,
		provides:   Provided{"karpenter.sh/v1", "NodePool"},
		statements: func(a *Args) []policy.Statement { return a.Karpenter.Statements },
		when:       func(a *Args) bool { return a.Karpenter != nil },
	},
	{
		chart: "nvidia-device-plugin", repository: "https://nvidia.github.io/k8s-device-plugin", version: "0.17.1",
		// It hands the node's devices out.
		namespace: "nvidia-device-plugin", level: "privileged", values: (*Args).gpus,
		when: func(a *Args) bool { return a.GPU },
	},
}

// State is what an add-on is to a cluster: ours to install into the namespace, or the
// cluster's own.
type State struct {
	Chart, Namespace string
	Installed        bool
	Provided         Provided
}

// States returns those of the add-ons by which a cluster can be asked for them.
func (a *Args) States() []State {
	var out []State
	for _, r := range releases {
		if r.provides.Kind != "" && a.wants(r) {
			out = append(out, State{r.chart, r.namespace, a.installs(r), r.provides})
		}
	}
	return out
}

// Charts returns the add-ons by the names of their charts, in the order of installation.
func Charts() []string {
	var out []string
	for _, r := range releases {
		out = append(out, r.chart)
	}
	return out
}

// Namespaces returns the namespaces that the add-ons run in, in the order of
// their releases.
func Namespaces() []string {
	var out []string
	for _, r := range releases {
		out = append(out, r.namespace)
	}
	return out
}
