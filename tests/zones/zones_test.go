package zones

import (
	"os"
	"testing"
	"time"
)

func TestEachRunsInItsZone(t *testing.T) {
	t.Run("nested", func(t *testing.T) {
		Each(t, func(t *testing.T) {
			want := map[string]int{"UTC": 0, "Europe/Berlin": 3600, "America/New_York": -5 * 3600}
			zone, ok := want[os.Getenv(env)]
			if _, got := time.Unix(1767225600, 0).Zone(); !ok || got != zone {
				t.Errorf("%q: the offset is %d, want %d", os.Getenv(env), got, zone)
			}
		})
	})
}
