package evaluate

import (
	"errors"
	"math"
	"slices"
)

// mean averages f over truth and prediction.
//
// There is at least one row, and value has as many as truth: aligned has
// checked both.
func (s sample) mean(f func(truth, value float64) float64) float64 {
	sum := 0.0
	for i, t := range s.truth {
		sum += f(t, s.pred.Value[i])
	}
	return sum / float64(len(s.truth))
}

func absolute(t, v float64) float64 { return math.Abs(t - v) }

func square(t, v float64) float64 { return (t - v) * (t - v) }

func meanAbsoluteError(s sample) (float64, error) { return s.mean(absolute), nil }

func meanSquaredError(s sample) (float64, error) { return s.mean(square), nil }

func rootMeanSquaredError(s sample) (float64, error) { return math.Sqrt(s.mean(square)), nil }

// meanAbsolutePercentageError is relative, not in percent: 0.1 is ten percent.
// A truth of 0 counts as 2.2e-16, as in scikit-learn.
func meanAbsolutePercentageError(s sample) (float64, error) {
	const eps = 2.220446049250313e-16
	return s.mean(func(t, v float64) float64 { return math.Abs(t-v) / math.Max(math.Abs(t), eps) }), nil
}

// Of an even number it is the mean of the two in the middle, as numpy's median;
// of an odd one both indexes are the same.
func medianAbsoluteError(s sample) (float64, error) {
	errs := make([]float64, len(s.truth))
	for i, t := range s.truth {
		errs[i] = math.Abs(t - s.pred.Value[i])
	}
	slices.Sort(errs)
	n := len(errs)
	return (errs[(n-1)/2] + errs[n/2]) / 2, nil
}

// r2 is 1 - residual sum of squares / total sum of squares. It is undefined for
// fewer than two rows; a constant truth gives 1 when met exactly and 0 otherwise.
func r2(s sample) (float64, error) {
	if len(s.truth) < 2 {
		return 0, errors.New("it needs two rows")
	}
	residual := s.mean(square)
	if slices.Max(s.truth) == slices.Min(s.truth) { // rounding would give the total a little more than 0
		if residual == 0 {
			return 1, nil
		}
		return 0, nil
	}
	center := s.mean(func(t, _ float64) float64 { return t })
	total := s.mean(func(t, _ float64) float64 { return square(t, center) })
	return 1 - residual/total, nil
}
