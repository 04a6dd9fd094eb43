package evaluate

import (
	"errors"
	"fmt"
	"math"
	"slices"
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

// metrics has an entry for each name that plan.MetricNames lists for any task.
// Score looks a name up only after it has checked that the task has it, so a
// metric need not check the task by itself.
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
//
// A name that is unknown counts as greater is better; Score refuses it before
// that matters.
func GreaterIsBetter(name string) bool { return !metrics[name].lower }

// UndefinedError says why a metric has no value on these rows.
type UndefinedError struct{ Metric, Reason string }

// Error names the metric and the reason.
func (e *UndefinedError) Error() string { return e.Metric + " is undefined: " + e.Reason }

// Score computes one metric of the task. truth holds a class index or a value a
// row, in the order of pred. It errs for a metric that the task does not have
// and for predictions that are not of these rows; where the metric is undefined
// or not finite the error is an *UndefinedError.
//
// Predictions that are not finite make every metric undefined, also those that
// read labels only: a model that answers NaN must not pass a gate on accuracy.
// No metric is called with zero rows.
func Score(name string, task plan.Task, truth []float64, pred *model.Predictions) (float64, error) {
	if !slices.Contains(Names(task), name) {
		return 0, fmt.Errorf("unknown metric %q; for %s there are %s", name, task, strings.Join(Names(task), ", "))
	}
	if err := aligned(task, truth, pred); err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	if !allFinite(pred.Proba) || !allFinite(pred.Value) {
		return 0, &UndefinedError{name, "a prediction is not a finite number"}
	}
	v, err := metrics[name].score(sample{task: task, truth: truth, pred: pred})
	switch {
	case err != nil:
		return 0, &UndefinedError{name, err.Error()}
	case !finite(v):
		return 0, &UndefinedError{name, "it is not a finite number"}
	}
	return v, nil
}

// aligned returns what is wrong with the shape of predictions for the rows:
// their number, or a class that there is not.
//
// For a binary task Proba has one number a row, that of class 1; for several
// classes it has a row of Classes numbers each, in row-major order. The truth
// is checked as well, as the class indexes are used to index slices. The row in
// the error counts from 1.
func aligned(task plan.Task, truth []float64, pred *model.Predictions) error {
	rows := len(truth)
	if task == plan.Regression {
		if len(pred.Value) != rows || rows == 0 {
			return fmt.Errorf("%d predictions for %d rows", len(pred.Value), rows)
		}
		return nil
	}
	probabilities := rows
	if task != plan.Binary {
		probabilities *= pred.Classes
	}
	if len(pred.Label) != rows || len(pred.Proba) != probabilities || rows == 0 {
		return fmt.Errorf("%d predictions and %d probabilities for %d rows", len(pred.Label), len(pred.Proba), rows)
	}
	classes := pred.Classes
	if task == plan.Binary {
		classes = 2
	}
	for i, t := range truth {
		if t != math.Trunc(t) || t < 0 || t >= float64(classes) || pred.Label[i] < 0 || int(pred.Label[i]) >= classes {
			return fmt.Errorf("row %d: class %g predicted as %d, but there are %d classes", i+1,
				t, pred.Label[i], classes)
		}
	}
	return nil
}

func allFinite(v []float64) bool {
	return !slices.ContainsFunc(v, func(x float64) bool { return !finite(x) })
}
