package drift

import (
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Report is the verdict on one window. It is not modified once made, and JSON
// can hold every number of it.
type Report struct {
	Window int64     `json:"window"` // counts windows from 1
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Rows   int64     `json:"rows"`
	// Open is whether the window is still gathering rows: the report is of those so
	// far. It does not count towards the alert, whose state is that of the last
	// window that closed. See Monitor.Open.
	Open          bool  `json:"open,omitempty"`
	Sampled       int64 `json:"sampled,omitempty"` // rows that the numbers are of, where not all
	ReferenceRows int64 `json:"reference_rows"`

	Columns []Column `json:"columns"`
	Drifted int      `json:"drifted"` // columns
	Share   float64  `json:"share"`   // of the columns
	// WeightedShare is the share by importance to the model; nil where columns
	// count the same.
	WeightedShare *float64 `json:"weighted_share,omitempty"`
	// DatasetDrift is whether the share, by importance where there is one, reached
	// the blueprint's.
	DatasetDrift bool        `json:"dataset_drift"`
	Predictions  Predictions `json:"predictions"`
	// Detected is whether the window counts towards the alert, for whatever of
	// the Reasons.
	Detected bool     `json:"detected"`
	Reasons  []string `json:"reasons,omitempty"`
	// FalseAlarmRate is what the verdicts hold, with "auto": see package.
	FalseAlarmRate float64 `json:"false_alarm_rate,omitempty"`

	// Alert is whether enough of the last windows drifted: DriftedWindows of the
	// last OfWindows. Raised marks the window with which it began, and Retrain
	// that a retrain was asked for then.
	Alert          bool `json:"alert"`
	DriftedWindows int  `json:"drifted_windows"`
	OfWindows      int  `json:"of_windows"`
	Raised         bool `json:"raised,omitempty"`
	Retrain        bool `json:"retrain,omitempty"`
}

// Column is the comparison of one column. Drifted is whether its values or its
// share of missing values moved.
type Column struct {
	Column string          `json:"column"`
	Type   plan.ColumnType `json:"type"`
	Result
	Missing Missing `json:"missing"`
	Drifted bool    `json:"drifted"`
	// Importance is how much the model's main metric loses without the column.
	Importance float64    `json:"importance,omitempty"`
	Mean       *Pair      `json:"mean,omitempty"` // of numbers
	Std        *Pair      `json:"std,omitempty"`  // of the population
	Histogram  *Histogram `json:"histogram,omitempty"`
	Note       string     `json:"note,omitempty"`
}

// Result is what a test said of the values. They drifted with "auto" where
// PAdjusted is below the report's FalseAlarmRate and Statistic reaches the
// threshold; with a named test that gives a p-value where PAdjusted is below the
// threshold, with any other where Statistic reaches it.
type Result struct {
	Test          string   `json:"test"`
	Statistic     float64  `json:"statistic"`
	PValue        *float64 `json:"p_value,omitempty"`
	PAdjusted     *float64 `json:"p_adjusted,omitempty"` // corrected for the p-values of the window being many
	Threshold     float64  `json:"threshold"`
	ValuesDrifted bool     `json:"values_drifted"`
}

// Missing is the share of missing values on both sides. It drifted where chance
// alone does not explain it and the Jensen-Shannon distance between missing and
// present reaches 0.1.
type Missing struct {
	Pair
	Distance  float64  `json:"distance"`
	PValue    *float64 `json:"p_value,omitempty"` // Fisher's exact test; nil where nothing is missing
	PAdjusted *float64 `json:"p_adjusted,omitempty"`
	Drifted   bool     `json:"drifted"`
}

// Pair is a number of the reference and of the window.
type Pair struct {
	Reference float64 `json:"reference"`
	Current   float64 `json:"current"`
}

// Predictions is the comparison of what the model answered: the values of a
// regression, the probability of the positive class, or the predicted classes of
// a multiclass task, whose Mean and Std are of the predicted class's probability.
type Predictions struct {
	Column
	// ReferenceRows is how many predictions the reference holds, on rows that
	// the model was not trained on.
	ReferenceRows int64      `json:"reference_rows"`
	Labels        *Histogram `json:"labels,omitempty"` // predicted classes
}

// Histogram counts both sides over the same bins. A bin is a label, or lies
// between two of the edges; rows beyond the outer edges are in the outer bins.
type Histogram struct {
	Edges     []float64 `json:"edges,omitempty"`
	Labels    []string  `json:"labels,omitempty"`
	Reference []int64   `json:"reference"`
	Current   []int64   `json:"current"`
}
