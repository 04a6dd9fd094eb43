package serve_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// TestVersionsThatAreLongGoneHaveNoSeries loads many more versions than are remembered
// while the first has all traffic.
func TestVersionsThatAreLongGoneHaveNoSeries(t *testing.T) {
	s := serving(t, constant(t, 1), serve.Config{}) // version 3
	fine(t, s, `{"features": [1]}`)
	load := func(from, to int) {
		for v := from; v <= to; v++ {
			if _, err := s.Load(serve.Served{Model: constant(t, 1), Version: v}); err != nil {
				t.Fatal(err)
			}
		}
	}
	count := func(version int) string {
		return scrape(t, s)[fmt.Sprintf(`model_predictions_total{endpoint="scoring",model="constant",version="%d"}`, version)]
	}
	load(10, 70)
	if count(10) != "0" || count(3) != "1" {
		t.Errorf("few versions are forgotten: %q, %q", count(10), count(3))
	}
	load(10, 10) // made ready again, so not the oldest any more
	load(71, 200)
	if count(3) != "1" || count(200) != "0" || count(11) != "" || count(70) != "" {
		t.Errorf("version 3 has %q, 200 %q, 11 %q, 70 %q", count(3), count(200), count(11), count(70))
	}
	text := ask(s, http.MethodGet, "/metrics", "").Body.String()
	if n := strings.Count(text, "model_prediction_duration_seconds_count{"); n != 64 {
		t.Errorf("%d versions have a histogram", n)
	}
	if strings.Contains(text, `version="50"`) {
		t.Error("something is left of version 50")
	}
	fine(t, s, `{"features": [1]}`)
	if count(3) != "2" {
		t.Errorf("the version that is served has %q predictions", count(3))
	}
}
