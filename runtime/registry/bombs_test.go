package registry

import (
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/tests/bombs"
)

func TestSmallExportsTakeLittleMemory(t *testing.T) {
	inputs := bombs.Fields(`{%s}`, "seq", "hash", "before", "body", "time")
	for what, bomb := range bombs.JSON() {
		inputs[what] = bomb
	}
	inputs["lines"] = strings.Repeat("{}\n", bombs.Size/3)
	inputs["a line without end"] = strings.Repeat(" ", bombs.Size)
	bombs.Each(t, inputs, func(text string) { _, _ = VerifyExport(strings.NewReader(text)) })
}
