package custom

import (
	"maps"
	"testing"

	"github.com/ashlar-dev/ashlar/tests/bombs"
)

func TestSmallMetricsTakeLittleMemory(t *testing.T) {
	inputs := bombs.JSON()
	maps.Copy(inputs, bombs.Fields(`{%s}`, "x"))
	bombs.Each(t, inputs, func(text string) { _ = readMetrics(map[string]float64{}, "m.json", []byte(text), true) })
}
