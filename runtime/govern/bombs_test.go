package govern

import (
	"maps"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/tests/bombs"
)

func TestSmallEvidenceTakesLittleMemory(t *testing.T) {
	inputs := bombs.Fields(`{"format":"`+promotionFormat+`",%s}`, "environment", "version", "before")
	maps.Copy(inputs, bombs.Fields(`{"format":"`+promotionFormat+`","version":{%s}}`, "metrics", "params", "gates",
		"evidence", "decisions", "training", "aliases"))
	maps.Copy(inputs, bombs.JSON())
	bombs.Each(t, inputs, func(text string) { _, _, _ = DecodePromotion(strings.NewReader(text)) })
}
