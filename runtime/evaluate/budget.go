package evaluate

import (
	"fmt"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/model"
)

// ImportanceBudget says how much was shuffled where that is not everything. Work
// is counted and not timed, so that it is the same on every machine.
type ImportanceBudget struct {
	Rows       int `json:"rows"`
	OfRows     int `json:"of_rows"`
	Repeats    int `json:"repeats"`
	Features   int `json:"features"`    // shuffled, those that the model looks at most
	OfFeatures int `json:"of_features"` // that the model looks at; others are 0
}

// The bounds of permutation importance. Five repeats is scikit-learn's default.
// A standard deviation takes two repeats at least, and with fewer than 1,000
// rows the metric of a rare class is mostly noise.
const (
	importanceRepeats = 5
	importanceRows    = 20_000 // of the test part, at most: enough for two digits
	leastRepeats      = 2
	leastRows         = 1_000
	// importanceCells bounds the scores that are computed: about ten seconds.
	importanceCells = 200_000_000
)

// allowed divides the budget: fewer rows first, then fewer repeats, then fewer
// features.
//
// Cells are the work of one row: the scores of a class, or, for a predictor
// that has to predict whole rows again, its features too. One row is enough to
// find out which of both it is.
func (e *evaluation) allowed(features int) ImportanceBudget {
	cells := max(1, len(e.spec.Labels)-1) // of a row
	if own, err := e.own(e.frame.Select([]int{0})); own == nil || err != nil {
		cells = max(cells, len(e.spec.Model.Features)) // it reads all of them again
	}
	return divided(min(e.frame.Rows, importanceRows), features, cells)
}

// Rows are given up first: the error of a metric falls with their square root,
// and from thousands of rows on it is small beside that between shuffles. Each
// step takes what the step before has left, and each has a floor, so the budget
// may be exceeded with very many features or classes.
func divided(rows, features, cells int) ImportanceBudget {
	b := ImportanceBudget{Rows: rows, Repeats: importanceRepeats, Features: features}
	each := importanceCells / max(1, features*cells) // rows times repeats of a feature
	if b.Rows*b.Repeats > each {
		b.Rows = min(rows, max(leastRows, each/b.Repeats))
	}
	if b.Rows*b.Repeats > each {
		b.Repeats = max(leastRepeats, each/b.Rows)
	}
	if b.Rows*b.Repeats > each {
		b.Features = min(features, max(1, importanceCells/(b.Rows*b.Repeats*cells)))
	}
	return b
}

// unlessWhole returns nil where everything is shuffled.
func (b ImportanceBudget) unlessWhole(rows, features int) *ImportanceBudget {
	b.OfRows, b.OfFeatures = rows, features
	if b.Rows == rows && b.Features == features && b.Repeats == importanceRepeats {
		return nil
	}
	return &b
}

// String says for people what importances are estimated from.
func (b *ImportanceBudget) String() string {
	var parts []string
	if b.Features < b.OfFeatures {
		parts = append(parts, fmt.Sprintf("the %d of %d features that the model looks at most",
			b.Features, b.OfFeatures))
	}
	if b.Rows < b.OfRows {
		parts = append(parts, fmt.Sprintf("%d of %d rows", b.Rows, b.OfRows))
	}
	return strings.Join(append(parts, fmt.Sprintf("%d repeats", b.Repeats)), ", ")
}

// score is the primary metric.
func (e *evaluation) score(truth []float64, pred *model.Predictions) (float64, error) {
	return Score(PrimaryMetric(e.spec.Model.Task), e.spec.Model.Task, truth, pred)
}

// tell reports progress.
//
// Goroutines finish in any order, so a smaller count may arrive after a larger
// one; it is dropped, and progress never goes backwards. The callback runs
// under the lock: it must not call back into the evaluation.
func (e *evaluation) tell(done, total int) {
	e.watch.Lock()
	defer e.watch.Unlock()
	if e.spec.Progress != nil && done > e.told {
		e.told = done
		e.spec.Progress(done, total)
	}
}
