package plan

import "testing"

func TestCoresAreReadAsKubernetesWritesThem(t *testing.T) {
	for text, want := range map[string]int64{
		"1": 1000, "500m": 500, "0.5": 500, "2.25": 2250, "1m": 1, "10000": 10_000_000,
		"": 0, "0": 0, "0.0": 0, "-1": 0, "m": 0, "0m": 0, "two": 0, "1 ": 0, "1e3": 0, "10001": 0, "99999999999m": 0,
		"1.2345": 0, "2Gi": 0,
	} {
		got, err := ParseCPU(text)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("%q is %d thousandths (%v), want %d", text, got, err, want)
		}
	}
}

func TestAStageStatesMoreThanItsPipeline(t *testing.T) {
	custom := Stage{Memory: "3Gi", GPU: 2}
	line := Pipeline{
		Model: "m", Resources: &Resources{CPU: "1", Memory: "2Gi"},
		Builtin: map[string]Pods{StageTrain: {Resources: &Resources{Memory: "8Gi"}},
			StageIngest: {Resources: &Resources{CPU: "1500m", Memory: "512Mi"}}},
	}
	for name, c := range map[string]struct {
		node Node
		want Resources
	}{
		"train":  {Node{Name: StageTrain}, Resources{CPU: "1", Memory: "8Gi"}},
		"ingest": {Node{Name: StageIngest}, Resources{CPU: "1500m", Memory: "512Mi"}},
		"other":  {Node{Name: StagePrepare}, Resources{CPU: "1", Memory: "2Gi"}},
		"custom": {Node{Name: "c", Custom: &custom}, Resources{CPU: "1", Memory: "3Gi", GPU: 2}},
	} {
		if got := line.Given(c.node); got != c.want {
			t.Errorf("%s gets %+v, want %+v", name, got, c.want)
		}
	}
	if got, want := line.Largest(), (Resources{CPU: "1500m", Memory: "8Gi"}); got != want {
		t.Errorf("all together get %+v, want %+v", got, want)
	}
	if got := (Pipeline{Model: "m"}).Largest(); got != StageResources() {
		t.Errorf("without a statement they get %+v", got)
	}
	p := Plan{Pipelines: map[string]Pipeline{"l": line, "k": {Model: "m"}}}
	if got, want := p.Retraining("m"), (Resources{CPU: "1500m", Memory: "8Gi"}); got != want {
		t.Errorf("a retrain gets %+v, want %+v", got, want)
	}
	if got := p.Retraining("n"); got != StageResources() {
		t.Errorf("a retrain without a pipeline gets %+v", got)
	}
}

func TestAnEndpointHasDefaults(t *testing.T) {
	if got := (Endpoint{}).Given(); got != ServingResources() {
		t.Errorf("it gets %+v", got)
	}
	e := Endpoint{Pods: Pods{Resources: &Resources{Memory: "2Gi"}}}
	if got, want := e.Given(), (Resources{CPU: "250m", Memory: "2Gi"}); got != want {
		t.Errorf("it gets %+v, want %+v", got, want)
	}
	if got := e.Stated().MemoryBytes(); got != 2<<30 {
		t.Errorf("it states %d bytes", got)
	}
}
