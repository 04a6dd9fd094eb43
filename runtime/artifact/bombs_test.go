package artifact

import (
	"testing"

	"github.com/ashlar-dev/ashlar/tests/bombs"
)

func TestSmallListsOfFilesTakeLittleMemory(t *testing.T) {
	bombs.Each(t, bombs.Fields(`{%s}`, "files", "x"), func(text string) { _, _ = decodeTree([]byte(text)) })
}
