package serve_test

import (
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/serve"
	"github.com/ashlar-dev/ashlar/tests/bombs"
)

func TestSmallRequestsTakeLittleMemory(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	inputs := bombs.Fields(`{%s}`, "features", "x")
	for what, bomb := range bombs.JSON() {
		inputs[what] = bomb
		inputs[what+" as a value"] = `{"features": {"Age": ` + bomb + `}}`
		inputs[what+" as a value by place"] = `{"features": [` + bomb + `]}`
		inputs[what+" in a row"] = `{"features": [[` + bomb + `]]}`
	}
	inputs["rows of nothing"] = `{"features": [` + strings.Repeat("[],", bombs.Size/3) + `[]]}`
	inputs["rows of wrong names"] = `{"features": [` + strings.Repeat(`{"x":1},`, bombs.Size/8) + `{}]}`
	bombs.Each(t, inputs, func(text string) { predict(s, text) })
}
