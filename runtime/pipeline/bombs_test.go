package pipeline

import (
	"maps"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/tests/bombs"
)

func TestSmallMetricsTakeLittleMemory(t *testing.T) {
	inputs := bombs.JSON()
	maps.Copy(inputs, bombs.Fields(`{%s}`, "x"))
	bombs.Each(t, inputs, func(text string) { _ = readMetrics(&run.Result{}, "m.json", []byte(text), true) })
}
