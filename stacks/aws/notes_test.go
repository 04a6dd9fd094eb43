package aws

import (
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

func TestWhatAClusterDoesOtherwiseIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		line   plan.Pipeline
		engine string
		want   []string
	}{
		"nothing": {plan.Pipeline{Schedule: "30 2 * * *", Retries: 2}, config.PipelinesArgo, nil},
		"a time that is skipped": {plan.Pipeline{Schedule: "30 2 * * *", Timezone: "America/New_York"},
			config.PipelinesArgo, []string{"leaves a run out"}},
		"a time that is there twice": {plan.Pipeline{Schedule: "30 1 * * *", Timezone: "America/New_York"},
			config.PipelinesArgo, []string{"starts one twice"}},
		"a time that always is": {plan.Pipeline{Schedule: "30 4 * * *",
			Timezone: "America/New_York"}, config.PipelinesArgo, nil},
		"on another day": {plan.Pipeline{Schedule: "30 2 * * 3",
			Timezone: "America/New_York"}, config.PipelinesArgo, nil},
		"an interval": {plan.Pipeline{Schedule: "30 * * * *",
			Timezone: "America/New_York"}, config.PipelinesArgo, nil},
		"on demand": {plan.Pipeline{Timezone: "America/New_York", Catchup: true}, config.PipelinesArgo, nil},
		"all of it": {
			plan.Pipeline{Schedule: "@every 6h", Catchup: true, Retries: 1}, config.PipelinesCronJob,
			[]string{"first saw it", "last run that was missed", "retry_delay 5m0s"},
		},
	} {
		p := &plan.Plan{Name: "b", Pipelines: map[string]plan.Pipeline{"l": c.line}}
		got := Notes([]*plan.Plan{p}, config.Config{Layer: config.LayerWorkloads, Pipelines: c.engine})
		if len(got) != len(c.want) {
			t.Errorf("%s: %q, want %d", name, got, len(c.want))
			continue
		}
		for i, want := range c.want {
			if !strings.HasPrefix(got[i], "blueprint b: pipeline l: ") || !strings.Contains(got[i], want) {
				t.Errorf("%s: %q, want %q", name, got[i], want)
			}
		}
	}
}

func TestAFoundationIsToldThatItsVersionNearsItsEnd(t *testing.T) {
	c := foundationConfig("prod")
	c.Cluster.Version = "1.34"
	if got := Notes(nil, c); len(got) != 0 {
		t.Errorf("without a clock: %q", got)
	}
	c.Now = time.Date(2026, time.November, 30, 0, 0, 0, 0, time.UTC)
	if got := Notes(nil, c); len(got) != 1 || !strings.Contains(got[0], "cluster.version 1.34: standard support ends on 2026-12-02") {
		t.Errorf("%q", got)
	}
}
