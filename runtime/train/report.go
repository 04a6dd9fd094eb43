package train

import (
	"math"

	"github.com/ashlar-dev/ashlar/runtime/tuning"
)

type (
	// CVReport is the result of cross-validation: mean and spread of every metric.
	CVReport = tuning.CrossValidation
	// CVMetric is one metric over the folds.
	CVMetric = tuning.Fold
	// SearchReport is the result of a search: every trial and the one chosen.
	SearchReport = tuning.Search
	// Trial is one set of parameters with its score.
	Trial = tuning.Trial
)

// newCVMetric has the deviation of the population, as scikit-learn's
// cv_results_. values is kept.
func newCVMetric(values []float64) CVMetric {
	m := mean(values)
	sum := 0.0
	for _, v := range values {
		sum += float64((v - m) * (v - m))
	}
	return CVMetric{Values: values, Mean: m, Std: math.Sqrt(sum / float64(len(values)))}
}
