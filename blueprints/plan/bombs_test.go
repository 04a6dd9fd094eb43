package plan

import (
	"maps"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/tests/bombs"
)

func TestSmallPlansTakeLittleMemory(t *testing.T) {
	inputs := bombs.JSON()
	for _, of := range []map[string]string{
		bombs.Fields(`{"apiVersion":"`+APIVersion+`",%s}`, "owner", "datasets", "models", "pipelines", "endpoints",
			"slos", "policies", "pins", "tracking", "seed"),
		bombs.Fields(`{"datasets":{"d":{%s}}}`, "columns", "expect", "csv", "source"),
		bombs.Fields(`{"pipelines":{"p":{"stages":{"s":{%s}}}}}`, "cmd", "deps", "outs", "params",
			"tolerations", "node_selector"),
		bombs.Fields(`{"models":{"m":{%s}}}`, "params", "search", "require", "features"),
		bombs.Fields(`{"policies":[{%s}]}`, "rules", "exemptions", "constraint"),
	} {
		maps.Copy(inputs, of)
	}
	bombs.Each(t, inputs, func(text string) { _, _ = Decode(strings.NewReader(text)) })
}
