package drift

import (
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// TestAWindowIsWhatABlueprintMaySay: check has let it pass, so the monitor takes it.
func TestAWindowIsWhatABlueprintMaySay(t *testing.T) {
	for text, want := range map[string]time.Duration{"1h": time.Hour, "1d": 24 * time.Hour, "2w": 14 * 24 * time.Hour,
		"1d12h": 36 * time.Hour} {
		d := plan.Drift{Window: text, MinRows: 1, MaxRows: 10, Tests: "auto",
			Alert: plan.DriftAlert{Share: 0.5, Windows: 1, Of: 1}}
		if got, err := checkDrift(d); err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", text, got, err, want)
		}
	}
}
