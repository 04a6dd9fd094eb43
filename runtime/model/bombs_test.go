package model_test

import (
	"bytes"
	"maps"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/tests/bombs"
)

// Each file has a valid checksum.
func TestSmallModelFilesTakeLittleMemory(t *testing.T) {
	raw := encode(t, models(t)["forest binary"])
	edits := map[string][2]string{
		"arrays": {`"arrays":[`, `"arrays":[` +
			strings.Repeat(`{"length":0,"name":"","type":"int32"},`, bombs.Size/40)},
		"a length":   {`"length":21`, `"length":67000000`},
		"outputs":    {`"outputs":1`, `"outputs":1000000000`},
		"labels":     {`"labels":[`, `"labels":[` + strings.Repeat(`"",`, bombs.Size/3)},
		"inputs":     {`"inputs":[`, `"inputs":[` + strings.Repeat(`{},`, 9000)},
		"categories": {`"categories":[`, `"categories":[` + strings.Repeat(`"",`, bombs.Size/3)},
	}
	for what, bomb := range bombs.Fields(`%s,`, "params", "signature", "encoder", "metrics", "remote") {
		edits[what] = [2]string{`"seed":`, bomb + `"seed":`}
	}
	inputs := map[string]string{}
	for name, e := range edits {
		inputs[name] = string(reseal(raw, e[0], e[1]))
	}
	maps.Copy(inputs, bombs.JSON())
	bombs.Each(t, inputs, func(text string) { _, _ = model.Decode(bytes.NewReader([]byte(text))) })
}
