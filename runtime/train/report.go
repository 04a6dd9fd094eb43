package train

import (
	"math"

	"github.com/ashlar-dev/ashlar/runtime/tuning"
)

// What training came to is told by the types of package tuning.
type (
	CVReport     = tuning.CrossValidation
	CVMetric     = tuning.Fold
	SearchReport = tuning.Search
	Trial        = tuning.Trial
)

func newCVMetric(values []float64) CVMetric {
	m := mean(values)
	sum := 0.0
	for _, v := range values {
		sum += float64((v - m) * (v - m))
	}
	return CVMetric{Values: values, Mean: m, Std: math.Sqrt(sum / float64(len(values)))}
}
