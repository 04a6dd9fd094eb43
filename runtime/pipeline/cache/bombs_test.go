package cache

import (
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/tests/bombs"
)

func TestSmallEntriesTakeLittleMemory(t *testing.T) {
	bombs.Each(t, bombs.Fields(`{%s}`, "files", "deps", "outputs", "metrics", "objects"),
		func(text string) { _ = plan.Unmarshal([]byte(text), &Entry{}) })
}
