package train

import (
	"errors"
	"fmt"
	"math"
	"sort"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// metricNames are the metrics that cross-validation computes.
//
// They are fewer than those of package evaluate, which measures the final
// model.
func metricNames(task plan.Task) []string {
	switch task {
	case plan.Binary:
		return []string{"accuracy", "log_loss", "roc_auc"}
	case plan.Multiclass:
		return []string{"accuracy", "log_loss"}
	default:
		return []string{"r2", "root_mean_squared_error"}
	}
}

func greaterIsBetter(name string) bool {
	return name != "log_loss" && name != "root_mean_squared_error"
}

// undefined says what keeps a fold from having a metric. No number stands for it:
// a report could not keep NaN, and a search could not compare with it.
func undefined(task plan.Task) error {
	if task == plan.Regression {
		return errors.New("it is undefined, because the target has one value in all rows of the fold: use fewer folds")
	}
	return errors.New("it is undefined, because the rows of the fold are of one class: set stratified: true, or use fewer folds")
}

// scoreAll returns the metrics in the order of metricNames. Each is a finite
// number, or the error says why it has none.
func scoreAll(task plan.Task, truth, pred *model.Predictions) ([]float64, error) {
	var out []float64
	for _, name := range metricNames(task) {
		v, err := score(name, task, truth, pred)
		if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
			err = undefined(task)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, v)
	}
	return out, nil
}

// score computes one metric, of predictions whose rows are truth's. truth holds
// labels or values and nothing else.
func score(name string, _ plan.Task, truth, pred *model.Predictions) (float64, error) {
	sum, n := 0.0, float64(len(truth.Label)+len(truth.Value))
	switch name {
	case "accuracy":
		for i, l := range truth.Label {
			if pred.Label[i] == l {
				sum++
			}
		}
		return sum / n, nil
	case "log_loss":
		for i, l := range truth.Label {
			p := 0.0
			if pred.Classes == 2 && len(pred.Proba) == len(truth.Label) {
				p = pred.Proba[i]
				if l == 0 {
					p = 1 - p
				}
			} else {
				p = pred.Proba[i*pred.Classes+int(l)]
			}
			sum -= math.Log(math.Max(p, 1e-15))
		}
		return sum / n, nil
	case "roc_auc":
		return auc(truth.Label, pred.Proba), nil
	}
	m := mean(truth.Value)
	total := 0.0
	for i, v := range truth.Value {
		sum += (v - pred.Value[i]) * (v - pred.Value[i])
		total += (v - m) * (v - m)
	}
	if name == "r2" {
		return 1 - sum/total, nil
	}
	return math.Sqrt(sum / n), nil
}

// auc is the share of pairs of a positive and a negative row in the right
// order, ties counting half, from the sum of the positives' ranks.
//
// It is NaN where the rows are of one class. Ranks count from 1, and rows of
// equal probability share the mean of theirs.
func auc(label []int32, proba []float64) float64 {
	order := make([]int, len(label))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(i, j int) bool { return proba[order[i]] < proba[order[j]] })
	ranks, positive := 0.0, 0.0
	for from, to := 0, 0; from < len(order); from = to {
		for to < len(order) && proba[order[to]] == proba[order[from]] {
			to++
		}
		for _, row := range order[from:to] {
			if label[row] == 1 {
				ranks += float64(from+to+1) / 2
				positive++
			}
		}
	}
	negative := float64(len(label)) - positive
	return (ranks - positive*(positive+1)/2) / (positive * negative)
}
