// Package wave says in which order kinds of objects are applied: what others need
// first, what uses them after. It is the one place that knows: manifests carry the
// number for Argo CD, and a bundle has a folder for each stage for Flux, which applies
// what it is given in one go and waits between Kustomizations only.
package wave

import "strconv"

// Annotation is where Argo CD reads an object's wave. It applies one wave after the
// other and waits in between until the objects are healthy.
const Annotation = "argocd.argoproj.io/sync-wave"

// The waves. A Job migrates the database, so it runs before anything that uses it.
const (
	Scope     = iota // namespaces and what belongs to none
	Config           // quotas, access, network, configuration: nothing that runs
	Job              // migrations
	Reference        // what workloads name: Services, templates
	Workload         // endpoints and schedules
	Around           // what acts on workloads: autoscalers, budgets, alerts
)

// kinds that are not of the wave Workload.
var kinds = map[string]int{
	"CustomResourceDefinition": Scope, "Namespace": Scope, "PriorityClass": Scope, "ClusterRole": Scope,
	"ClusterRoleBinding": Scope, "StorageClass": Scope,
	"ResourceQuota": Config, "LimitRange": Config, "NetworkPolicy": Config, "ServiceAccount": Config, "Role": Config,
	"RoleBinding": Config, "ConfigMap": Config, "Secret": Config, "PersistentVolumeClaim": Config,
	"ValidatingAdmissionPolicy": Config, "ValidatingAdmissionPolicyBinding": Config,
	"ExternalSecret": Config, "SealedSecret": Config, "SecretStore": Config, "SecretProviderClass": Config,
	"Job":     Job,
	"Service": Reference, "WorkflowTemplate": Reference, "AnalysisTemplate": Reference,
	"HorizontalPodAutoscaler": Around, "PodDisruptionBudget": Around, "Ingress": Around, "PrometheusRule": Around,
	"ServiceMonitor": Around, "PodMonitor": Around, "ScaledObject": Around, "InterceptorRoute": Around,
	"TraefikService": Reference, "Certificate": Reference,
	"Gateway": Around, "HTTPRoute": Around, "IngressRoute": Around,
}

// Of returns the wave of a kind.
func Of(kind string) int {
	if w, ok := kinds[kind]; ok {
		return w
	}
	return Workload
}

// Waits reports whether an object of the kind is moved to a later wave by what it
// depends on. What only configures is not: no Job changes what a ServiceAccount says,
// and pods of the Job's own wave may need it.
func Waits(kind string) bool { return Of(kind) > Config }

// Stage is a step of a delivery that waits for its objects before the next begins.
type Stage string

// The stages, in order.
const (
	Setup   Stage = "setup"   // namespaces and configuration
	Migrate Stage = "migrate" // Jobs, until they are complete
	Run     Stage = "run"     // everything else
)

// Stages are all stages, in order.
func Stages() []Stage { return []Stage{Setup, Migrate, Run} }

// StageOf returns the stage of a wave.
func StageOf(wave int) Stage {
	switch {
	case wave < Job:
		return Setup
	case wave == Job:
		return Migrate
	}
	return Run
}

// Parse reads the annotation's value; ok is false where it is not a whole number.
func Parse(text string) (wave int, ok bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil
}
