package render

import (
	"cmp"
	"slices"
)

// waves say when a kind is applied: what others need first, what uses them
// after. A kind that is not here is of the last but one, with workloads.
var waves = map[string]int{
	"CustomResourceDefinition": 0, "Namespace": 0, "PriorityClass": 0, "ClusterRole": 0,
	"ClusterRoleBinding": 0, "StorageClass": 0,
	"ResourceQuota": 1, "LimitRange": 1, "NetworkPolicy": 1, "ServiceAccount": 1, "Role": 1, "RoleBinding": 1,
	"ConfigMap": 1, "Secret": 1, "PersistentVolumeClaim": 1, "ValidatingAdmissionPolicy": 1,
	"ValidatingAdmissionPolicyBinding": 1,
	"Job":                              2,
	"Service":                          3, "WorkflowTemplate": 3, "AnalysisTemplate": 3,
	"HorizontalPodAutoscaler": 5, "PodDisruptionBudget": 5, "Ingress": 5, "PrometheusRule": 5,
	"ServiceMonitor": 5, "PodMonitor": 5,
}

const workloadWave = 4

// order sets every object's wave, its kind's or a later one where it depends
// on an object of a later one, and sorts: by wave, then by path. What depends
// on a Job waits for the wave after it, since Argo CD waits between waves only.
// It repeats until nothing moves, at most once more than there are objects, which a
// cycle of dependencies on Jobs would otherwise exceed.
func order(all []*manifest) {
	byURN := map[string]*manifest{}
	for _, m := range all {
		byURN[m.resource.URN] = m
		m.wave = workloadWave
		if w, ok := waves[m.kind]; ok {
			m.wave = w
		}
	}
	for changed, rounds := true, 0; changed && rounds <= len(all); rounds++ {
		changed = false
		for _, m := range all {
			for _, urn := range m.resource.Dependencies {
				before, ok := byURN[urn]
				if !ok {
					continue
				}
				least := before.wave
				if before.kind == "Job" {
					least++
				}
				if m.wave < least {
					m.wave, changed = least, true
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b *manifest) int {
		return cmp.Or(cmp.Compare(a.wave, b.wave), cmp.Compare(a.path, b.path))
	})
}
