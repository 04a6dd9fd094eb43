package rollout

import (
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/release"
)

func TestADeploymentIsDoneWhenAllOfItsPodsAreNewAndAvailable(t *testing.T) {
	const spec = `{"metadata": {"generation": 3}, "spec": {"replicas": 2, "template": {"metadata": {"annotations":
		{"ashlar.dev/model-digest": "sha256:a"}}}}, "status": `
	for status, want := range map[string]release.Phase{
		`{"observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}`:                   release.Promoted,
		`{"observedGeneration": 3, "replicas": 3, "updatedReplicas": 2, "availableReplicas": 3}`:                   release.Progressing,
		`{"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}`:                   release.Progressing,
		`{"observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 1}`:                   release.Progressing,
		`{"observedGeneration": 3, "conditions": [{"type": "Progressing", "status": "False", "message": "late"}]}`: release.Waiting,
		`{}`: release.Progressing,
	} {
		got, err := decode([]byte(spec + status + "}"))
		if err != nil || got.Phase != want || got.Digest != "sha256:a" {
			t.Errorf("%s: %+v, %v; want %s", status, got, err, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"metadata": {"generation": 1}, "spec": {"strategy": {"canary": {"steps": ` + steps + `}}},
		"status": {"observedGeneration": "1", "phase": "Paused", "currentStepIndex": 9}}`))
	f.Add([]byte(`{"spec": {"strategy": {"canary": {"steps": [null, {"pause": {"duration": {}}}]}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := decode(text)
		if err == nil && (s.Step < 0 || s.Step > len(s.Steps)) {
			t.Errorf("step %d of %d", s.Step, len(s.Steps))
		}
	})
}
