//go:build unix

package pyfunc

import (
	"maps"
	"testing"

	"github.com/ashlar-dev/ashlar/tests/bombs"
)

func TestSmallAnswersTakeLittleMemory(t *testing.T) {
	inputs := bombs.Fields(`{%s}`, "predictions", "x")
	maps.Copy(inputs, bombs.JSON())
	bombs.Each(t, inputs, func(text string) { _, _ = predictions([]byte(text)) })
}
