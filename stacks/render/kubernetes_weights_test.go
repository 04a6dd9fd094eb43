package render

import "testing"

// Argo Rollouts sets the weights in the middle of a roll-out, and Flux would set them back.
func TestFluxLeavesWeightsToArgoRollouts(t *testing.T) {
	for kind, want := range map[string]any{"TraefikService": "IfNotPresent", "Service": nil} {
		m := manifest{kind: kind, body: map[string]any{"metadata": map[string]any{}}}
		m.annotate()
		got := m.body["metadata"].(map[string]any)["annotations"].(map[string]any)["kustomize.toolkit.fluxcd.io/ssa"]
		if got != want {
			t.Errorf("%s: Flux is told %v, want %v", kind, got, want)
		}
	}
}
