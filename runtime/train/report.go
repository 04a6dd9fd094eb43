package train

import (
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// CVReport are metrics of k-fold cross-validation by scikit-learn's names.
type CVReport struct {
	Folds      int                 `json:"folds"`
	Stratified bool                `json:"stratified"`
	Metrics    map[string]CVMetric `json:"metrics"`
}

// CVMetric is one metric over the folds.
type CVMetric struct {
	Values []float64 `json:"values"` // one a fold
	Mean   float64   `json:"mean"`
	Std    float64   `json:"std"` // population, as scikit-learn's cv_results_
}

// SearchReport is what a parameter search tried.
type SearchReport struct {
	Method          string  `json:"method"`
	Metric          string  `json:"metric"`
	GreaterIsBetter bool    `json:"greater_is_better"`
	Trials          []Trial `json:"trials"` // in the order they were drawn
	Best            int     `json:"best"`   // index into Trials; the first of equals
}

// Trial is one parameter set.
type Trial struct {
	Params          plan.Params `json:"params"` // all of the algorithm's, not only those searched
	Mean            float64     `json:"mean"`   // of the search's metric
	Std             float64     `json:"std"`
	CrossValidation *CVReport   `json:"cross_validation"`
}

func newCVMetric(values []float64) CVMetric {
	m := mean(values)
	sum := 0.0
	for _, v := range values {
		sum += float64((v - m) * (v - m))
	}
	return CVMetric{Values: values, Mean: m, Std: math.Sqrt(sum / float64(len(values)))}
}
