package delivery

import (
	"cmp"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ashlar-dev/ashlar/stacks/bundle"
)

// argoNamespace is where Argo CD looks for Applications by default.
const argoNamespace = "argocd"

// argoCD is an Application of the whole bundle, which Argo CD applies wave by wave.
//
// ApplyOutOfSyncOnly leaves alone what is in sync: a Job is replaced when it is applied,
// and would run again with every sync.
func argoCD(ref name.Reference, m *bundle.Manifests, o Options) ([]object, error) {
	app := newObject("argoproj.io/v1alpha1", "Application", o.Name, cmp.Or(o.Namespace, argoNamespace))
	spec := object{
		"project":     "default",
		"source":      object{"repoURL": url(ref), "targetRevision": ref.Identifier(), "path": "."},
		"destination": object{"server": "https://kubernetes.default.svc"},
		"syncPolicy": object{
			"automated":   object{"prune": true, "selfHeal": true},
			"syncOptions": []string{"ServerSideApply=true", "RespectIgnoreDifferences=true", "ApplyOutOfSyncOnly=true"},
			"retry": object{"limit": 5,
				"backoff": object{"duration": "10s", "factor": 2, "maxDuration": "5m"}},
		},
	}
	if ignored := ignoredDifferences(m); len(ignored) > 0 {
		spec["ignoreDifferences"] = ignored
	}
	app["spec"] = spec
	return []object{app}, nil
}

// ignoredDifferences are the fields of the bundle's objects that other controllers own:
// they neither count as a difference nor are they reset by a sync.
func ignoredDifferences(m *bundle.Manifests) []object {
	var out []object
	add := func(group, kind, namespace, name, rule string, fields ...string) {
		one := object{"kind": kind, "name": name, rule: fields}
		if group != "" {
			one["group"] = group
		}
		if namespace != "" {
			one["namespace"] = namespace
		}
		out = append(out, one)
	}
	for _, h := range append(of(m, "autoscaling", "HorizontalPodAutoscaler"), of(m, "keda.sh", "ScaledObject")...) {
		version, _ := h.At("spec", "scaleTargetRef", "apiVersion").(string)
		kind, _ := h.At("spec", "scaleTargetRef", "kind").(string)
		target, _ := h.At("spec", "scaleTargetRef", "name").(string)
		group, _, _ := strings.Cut(version, "/")
		add(group, kind, h.Namespace, target, "jsonPointers", "/spec/replicas")
	}
	for _, r := range of(m, "argoproj.io", "Rollout") {
		add(r.Group(), r.Kind, r.Namespace, r.Name, "jsonPointers",
			"/metadata/annotations/rollout.argoproj.io~1revision")
		for _, service := range servicesOf(r) {
			add("", "Service", r.Namespace, service, "jsonPointers", "/spec/selector",
				"/metadata/annotations/argo-rollouts.argoproj.io~1managed-by-rollouts")
		}
		for _, w := range weightsOf(r) {
			add(w.group, w.kind, r.Namespace, w.name, "jqPathExpressions", w.path)
		}
	}
	for _, kind := range []string{"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"} {
		for _, w := range of(m, "admissionregistration.k8s.io", kind) {
			add(w.Group(), w.Kind, "", w.Name, "jqPathExpressions", ".webhooks[]?.clientConfig.caBundle")
		}
	}
	return out
}
