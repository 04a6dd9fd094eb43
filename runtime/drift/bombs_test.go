package drift

import (
	"maps"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/tests/bombs"
)

func TestSmallSnapshotsTakeLittleMemory(t *testing.T) {
	w := tinyWatch(t, tinyReference(t), "auto")
	inputs := bombs.JSON()
	maps.Copy(inputs, bombs.Fields(`{"version":1,"of":"`+w.digest+`",%s}`, "reports", "verdicts",
		"live", "window", "sequence"))
	for _, open := range []string{"live", "window"} {
		maps.Copy(inputs, bombs.Fields(`{"version":1,"of":"`+w.digest+`","`+open+`":{%s}}`, "rows", "missing",
			"counts", "named", "numbers"))
	}
	t.Run("restored", func(t *testing.T) { bombs.Each(t, inputs, func(text string) { _ = w.Restore([]byte(text)) }) })
	t.Run("added", func(t *testing.T) { bombs.Each(t, inputs, func(text string) { _ = w.Add([]byte(text)) }) })
}

func TestSmallReferencesTakeLittleMemory(t *testing.T) {
	inputs := bombs.Fields(`{"version":1,%s}`, "rows", "columns", "score", "label", "labels")
	maps.Copy(inputs, bombs.Fields(`{"version":1,"columns":[{%s}]}`, "rows", "values", "counts", "categories"))
	bombs.Each(t, inputs, func(text string) {
		var ref Reference
		if plan.Unmarshal([]byte(text), &ref) == nil {
			_ = ref.Check()
		}
	})
}
