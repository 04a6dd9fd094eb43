package consequence

import (
	"bytes"
	"math"
	"testing"
)

// FuzzReadPrices: prices that are read can be reckoned with.
func FuzzReadPrices(f *testing.F) {
	f.Add(listPrices)
	for _, seed := range []string{`{}`, `{"date": "2026-01-01", "currency": "EUR", "cpu_hour": 1e999, "gib_hour": 0, "hours_month": 730}`, `{"cpu_hour": -1}`, `{"x": 1}`, `{"date":"d","currency":"c","hours_month":1} {}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ReadPrices(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, v := range []float64{p.CPUHour, p.GiBHour, p.HourMonth} {
			if v < 0 || math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%+v", p)
			}
		}
	})
}
