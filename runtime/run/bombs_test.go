package run

import (
	"maps"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/tests/bombs"
)

func TestSmallRecordsTakeLittleMemory(t *testing.T) {
	inputs := bombs.Fields(`{%s}`, "stages", "params", "id", "job")
	maps.Copy(inputs, bombs.Fields(`{"stages":[{%s}]}`, "files", "deps", "outputs", "metrics", "params", "confinement"))
	bombs.Each(t, inputs, func(text string) { _ = plan.Unmarshal([]byte(text), &Run{}) })
}
