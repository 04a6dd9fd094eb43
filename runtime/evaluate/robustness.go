package evaluate

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// Robustness is what is left of the metrics after the features were disturbed.
type Robustness struct {
	Fraction  float64            `json:"fraction"`
	Metrics   map[string]float64 `json:"metrics"`
	Drop      map[string]float64 `json:"drop"` // undisturbed minus disturbed
	Undefined map[string]string  `json:"undefined,omitempty"`
}

// disturb changes a copy of a feature column in place.
type disturb func(c *dataset.Column, fraction float64, rng *rand.Rand)

// disturbances is the list that a new kind is added to.
var disturbances = map[string]disturb{"missing": removeCells, "noise": addNoise}

// removeCells takes each cell away with the given probability.
//
// A random number is drawn for each row whatever its value, so cells removed at
// a fraction are removed at every larger one too.
func removeCells(c *dataset.Column, fraction float64, rng *rand.Rand) {
	for row := range c.Len() {
		if rng.Float64() >= fraction {
			continue
		}
		if c.Coded() {
			c.Codes[row] = dataset.MissingCode
		} else {
			c.Floats[row] = math.NaN()
		}
	}
}

// addNoise adds normal noise of so many standard deviations of the column to
// numbers. Other columns stay as they are: there is no small change to a
// category, and none that is meant by a share of dates' deviation.
//
// The deviation is that of the disturbed part itself, taken before the first
// value changes. Missing values stay missing, as NaN plus anything is NaN.
// Whole numbers become fractions: the model reads both alike.
func addNoise(c *dataset.Column, fraction float64, rng *rand.Rand) {
	if !c.Type.Numeric() {
		return
	}
	sd := deviation(c.Floats)
	for row, v := range c.Floats {
		c.Floats[row] = v + fraction*sd*rng.NormFloat64()
	}
}

// deviation is the population standard deviation of the values that are there.
// It is computed in units of the largest, so that no square is beyond a float64.
//
// The pass is Welford's, which keeps its digits where the mean is large beside
// the deviation.
func deviation(v []float64) float64 {
	unit := 0.0
	for _, x := range v {
		if a := math.Abs(x); a > unit { // never for NaN
			unit = a
		}
	}
	n, mean, m2 := 0.0, 0.0, 0.0
	for _, x := range v {
		if math.IsNaN(x) {
			continue
		}
		n++
		x /= unit
		d := x - mean
		mean += d / n
		m2 += d * (x - mean)
	}
	if unit == 0 || n == 0 {
		return 0
	}
	return unit * math.Sqrt(m2/n)
}

// robustness measures each disturbance that has a gate. Nothing is disturbed
// without one, since each costs a prediction of the whole test part. Drop has
// only metrics that are defined on both sides, and is negative where the
// disturbance happened to help.
func (e *evaluation) robustness(ctx context.Context, r *Report) error {
	if len(e.spec.Model.Require.Robustness) == 0 {
		return nil
	}
	r.Robustness = map[string]Robustness{}
	for _, kind := range sortedKeys(e.spec.Model.Require.Robustness) {
		f, known := disturbances[kind]
		if !known {
			return fmt.Errorf("robustness: unknown disturbance %q; there are %s", kind,
				strings.Join(sortedKeys(disturbances), ", "))
		}
		fraction := e.spec.Model.Require.Robustness[kind].Fraction
		pred, err := e.predict(ctx, e.disturbed(kind, f, fraction))
		if err != nil {
			return fmt.Errorf("robustness under %s: %w", kind, err)
		}
		out := Robustness{Fraction: fraction, Drop: map[string]float64{}}
		out.Metrics, out.Undefined = e.scores(pred)
		for name, v := range out.Metrics {
			if was, ok := r.Metrics[name]; ok {
				out.Drop[name] = was - v
			}
		}
		r.Robustness[kind] = out
	}
	return nil
}

// disturbed copies the frame with every feature disturbed, each from a random
// stream of its own, so that a gate does not depend on what else is asked for.
//
// Columns are copied one by one and only where they are disturbed; the others,
// and all dictionaries, are shared with the original frame, which nothing
// writes to.
func (e *evaluation) disturbed(kind string, f disturb, fraction float64) *dataset.Frame {
	out := &dataset.Frame{Rows: e.frame.Rows, Columns: slices.Clone(e.frame.Columns)}
	for i := range out.Columns {
		c := &out.Columns[i]
		if !slices.Contains(e.spec.Model.Features, c.Name) {
			continue
		}
		c.Floats, c.Codes = slices.Clone(c.Floats), slices.Clone(c.Codes)
		f(c, fraction, e.random("robustness", kind, c.Name))
	}
	return out
}

// random returns the stream of random numbers that the words name.
//
// The words are joined by zero bytes, so that ("ab", "c") and ("a", "bc") name
// different streams. FNV is enough: it separates streams and hides nothing.
func (e *evaluation) random(words ...string) *rand.Rand {
	h := fnv.New64a()
	for _, w := range words {
		h.Write([]byte(w))
		h.Write([]byte{0})
	}
	return rand.New(rand.NewPCG(e.spec.Seed, h.Sum64()))
}
