package plan_test

import (
	"math"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestWhatIsMeasuredHasFourSignificantDigits(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0.0000", 3e-6: "3e-06", 0.0000123456: "1.235e-05", 0.0423456: "0.04235", -0.0423456: "-0.04235",
		0.1: "0.1000", 0.84321: "0.8432", 1: "1.0000",
		1234.56789: "1234.5679", math.Inf(1): "+Inf",
	} {
		if got := plan.Measured(v); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
}
