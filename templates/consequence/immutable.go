package consequence

import (
	"slices"
	"strings"
)

// fixed are the properties of each type that the provider cannot change in
// place: a change deletes the resource and makes another. For AWS they are those
// that the provider's schema marks ForceNew, for Kubernetes those that the API
// server calls immutable, of the types that the workloads consist of. A type
// that is not here counts as changed in place, and a test holds that every type
// of ours is here.
var fixed = map[string][]string{
	"aws:eks/podIdentityAssociation:PodIdentityAssociation": {"clusterName", "namespace", "serviceAccount"},
	"aws:iam/role:Role":             {"name", "namePrefix", "path"},
	"aws:iam/rolePolicy:RolePolicy": {"name", "namePrefix", "role"},
	"aws:s3/bucketV2:BucketV2":      {"bucket", "bucketPrefix", "objectLockEnabled"},
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": {"bucket",
		"expectedBucketOwner"},
	"aws:s3/bucketLoggingV2:BucketLoggingV2": {"bucket",
		"expectedBucketOwner"},
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls": {"bucket"},
	"aws:s3/bucketPolicy:BucketPolicy":                       {"bucket"},
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {"bucket"},
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": {"bucket",
		"expectedBucketOwner"},
	"aws:s3/bucketVersioningV2:BucketVersioningV2": {"bucket",
		"expectedBucketOwner"},

	"kubernetes:argoproj.io/v1alpha1:AnalysisTemplate":    nil,
	"kubernetes:argoproj.io/v1alpha1:CronWorkflow":        nil,
	"kubernetes:argoproj.io/v1alpha1:Rollout":             {"spec.selector"},
	"kubernetes:argoproj.io/v1alpha1:WorkflowTemplate":    nil,
	"kubernetes:autoscaling/v2:HorizontalPodAutoscaler":   nil,
	"kubernetes:batch/v1:CronJob":                         nil,
	"kubernetes:batch/v1:Job":                             {"spec.template", "spec.selector", "spec.completions"},
	"kubernetes:keda.sh/v1alpha1:ScaledObject":            nil,
	"kubernetes:http.keda.sh/v1beta1:InterceptorRoute":    nil,
	"kubernetes:core/v1:ConfigMap":                        {"data", "binaryData"}, // ours are immutable
	"kubernetes:core/v1:LimitRange":                       nil,
	"kubernetes:core/v1:Namespace":                        nil,
	"kubernetes:core/v1:ResourceQuota":                    nil,
	"kubernetes:core/v1:Service":                          {"spec.clusterIP"},
	"kubernetes:core/v1:ServiceAccount":                   nil,
	"kubernetes:monitoring.coreos.com/v1:PrometheusRule":  nil,
	"kubernetes:monitoring.coreos.com/v1:ServiceMonitor":  nil,
	"kubernetes:networking.k8s.io/v1:Ingress":             nil,
	"kubernetes:networking.k8s.io/v1:NetworkPolicy":       nil,
	"kubernetes:gateway.networking.k8s.io/v1:Gateway":     nil,
	"kubernetes:gateway.networking.k8s.io/v1:HTTPRoute":   nil,
	"kubernetes:traefik.io/v1alpha1:IngressRoute":         nil,
	"kubernetes:traefik.io/v1alpha1:TraefikService":       nil,
	"kubernetes:cert-manager.io/v1:Certificate":           nil,
	"kubernetes:policy/v1:PodDisruptionBudget":            nil,
	"kubernetes:rbac.authorization.k8s.io/v1:Role":        nil,
	"kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": {"roleRef"},
	"kubernetes:apps/v1:Deployment":                       {"spec.selector"},
}

// holdsData are the types whose deletion loses what people put in.
var holdsData = map[string]bool{
	"aws:s3/bucketV2:BucketV2":      true,
	"aws:rds/instance:Instance":     true,
	"aws:kms/key:Key":               true,
	"aws:eks/cluster:Cluster":       true,
	"aws:ecr/repository:Repository": true,
}

// KnowsType reports whether it is known which changes replace a resource of
// the type.
func KnowsType(t string) bool { _, ok := fixed[t]; return ok }

// immutable reports whether a change at the path replaces the resource.
// Kubernetes identifies objects by kind, name and namespace, so a change of one of
// those is another object. A fixed property covers everything below it.
func immutable(r Resource, path []string) bool {
	at := strings.Join(path, ".")
	names := fixed[r.Type]
	if strings.HasPrefix(r.Type, "kubernetes:") {
		names = append([]string{"metadata.name", "metadata.namespace", "apiVersion", "kind"}, names...)
	}
	return slices.ContainsFunc(names, func(name string) bool { return at == name || strings.HasPrefix(at, name+".") })
}
