package evaluate

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

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
// numbers. Categories and booleans stay as they are: there is no small change
// to them.
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
func deviation(v []float64) float64 {
	n, mean, m2 := 0.0, 0.0, 0.0
	for _, x := range v {
		if math.IsNaN(x) {
			continue
		}
		n++
		d := x - mean
		mean += d / n
		m2 += d * (x - mean)
	}
	if n == 0 {
		return 0
	}
	return math.Sqrt(m2 / n)
}

func (e *evaluation) robustness(ctx context.Context, r *Report) error {
	if len(e.spec.Model.Require.Robustness) == 0 {
		return nil
	}
	r.Robustness = map[string]Robustness{}
	for i, kind := range sortedKeys(e.spec.Model.Require.Robustness) {
		if err := ctx.Err(); err != nil {
			return err
		}
		fraction := e.spec.Model.Require.Robustness[kind].Fraction
		pred, err := e.p.Predict(e.disturbed(kind, fraction, uint64(i)))
		if err != nil {
			return err
		}
		out := Robustness{Fraction: fraction, Metrics: map[string]float64{}, Drop: map[string]float64{}, Undefined: map[string]string{}}
		for _, name := range Names(e.spec.Model.Task) {
			v, err := Score(name, e.spec.Model.Task, e.truth, pred)
			if err != nil {
				out.Undefined[name] = err.Error()
				continue
			}
			out.Metrics[name] = v
			if was, ok := r.Metrics[name]; ok {
				out.Drop[name] = was - v
			}
		}
		r.Robustness[kind] = out
	}
	return nil
}

// disturbed copies the frame with every feature disturbed, each from a random
// stream of its own.
func (e *evaluation) disturbed(kind string, fraction float64, stream uint64) *dataset.Frame {
	out := &dataset.Frame{Rows: e.frame.Rows, Columns: slices.Clone(e.frame.Columns)}
	for i := range out.Columns {
		c := &out.Columns[i]
		if !slices.Contains(e.spec.Model.Features, c.Name) {
			continue
		}
		c.Floats, c.Codes = slices.Clone(c.Floats), slices.Clone(c.Codes)
		rng := rand.New(rand.NewPCG(e.spec.Seed, 0x726f6275<<32|stream<<16|uint64(i)))
		disturbances[kind](c, fraction, rng)
	}
	return out
}
