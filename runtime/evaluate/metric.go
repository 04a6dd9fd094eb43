package evaluate

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// metric is one entry of the list that a new metric is added to.
type metric struct {
	lower bool // smaller is better
	score func(sample) (float64, error)
}

// sample is what a metric is computed from.
type sample struct {
	task  plan.Task
	truth []float64 // class index or value
	pred  *model.Predictions
}

// errOneClass is why a ranking metric is undefined.
var errOneClass = errors.New("only one class is present in the truth")

var metrics = map[string]metric{
	"accuracy":          {score: accuracy},
	"balanced_accuracy": {score: balancedAccuracy},
	"precision":         {score: precision},
	"recall":            {score: recall},
	"f1":                {score: f1},
	"roc_auc":           {score: rocAUC},
	"average_precision": {score: averagePrecision},
	"log_loss":          {score: logLoss, lower: true},
	"brier_score_loss":  {score: brier, lower: true},

	"r2":                             {score: r2},
	"mean_absolute_error":            {score: meanAbsoluteError, lower: true},
	"mean_squared_error":             {score: meanSquaredError, lower: true},
	"root_mean_squared_error":        {score: rootMeanSquaredError, lower: true},
	"mean_absolute_percentage_error": {score: meanAbsolutePercentageError, lower: true},
	"median_absolute_error":          {score: medianAbsoluteError, lower: true},
}

// Names returns the metrics of the task, the primary one first.
func Names(task plan.Task) []string { return plan.MetricNames(task) }

// PrimaryMetric is the metric that a task is judged by where nothing is said.
func PrimaryMetric(task plan.Task) string { return plan.MetricNames(task)[0] }

// GreaterIsBetter reports whether more of the metric is better.
func GreaterIsBetter(name string) bool { return !metrics[name].lower }

// Score computes one metric. truth holds a class index or a value a row, in the
// order of pred. It errs for an unknown name and where the metric is undefined.
func Score(name string, task plan.Task, truth []float64, pred *model.Predictions) (float64, error) {
	m, ok := metrics[name]
	if !ok {
		return 0, fmt.Errorf("unknown metric %q; for %s there are %s", name, task, strings.Join(Names(task), ", "))
	}
	n := len(pred.Value)
	if task != plan.Regression {
		n = len(pred.Label)
	}
	if n != len(truth) || n == 0 {
		return 0, fmt.Errorf("%s of %d predictions for %d rows", name, n, len(truth))
	}
	v, err := m.score(sample{task: task, truth: truth, pred: pred})
	if err == nil && !finite(v) {
		err = errors.New("it is not finite")
	}
	if err != nil {
		return 0, fmt.Errorf("%s is undefined: %w", name, err)
	}
	return v, nil
}
