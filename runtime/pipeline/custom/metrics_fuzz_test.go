package custom

import (
	"encoding/json"
	"math"
	"testing"
)

// FuzzReadMetrics: what a stage wrote is numbers that can be kept as JSON, or an error.
func FuzzReadMetrics(f *testing.F) {
	for _, seed := range []string{`{"a": 1, "b": {"c": -2.5e-3}}`, `{"a": [1, 2]}`, `{"a": {"b": 1}, "a.b": 2}`,
		`1e999`, `{"": 1}`, `null`, `{"a": true}`, `{"a": "x"}`, `[[[[1]]]]`, "{\"a\\u0000b\": 1}", `{"a":1}{"b":2}`} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, text []byte, several bool) {
		out := map[string]float64{}
		if err := readMetrics(out, "scores.json", text, several); err != nil {
			return
		}
		for name, v := range out {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%q is %g", name, v)
			}
		}
		if _, err := json.Marshal(out); err != nil {
			t.Error(err)
		}
	})
}
