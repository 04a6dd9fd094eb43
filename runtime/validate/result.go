package validate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// MaxExamples is how many offending rows a result shows. All are counted.
const MaxExamples = 20

// warning is the severity of an expectation that only tells.
const warning = "warning"

// Result is how one expectation came out, in Great Expectations' words.
type Result struct {
	Expectation plan.Expectation `json:"expectation"`
	Success     bool             `json:"success"`
	// Reason says why it failed where counts do not tell.
	Reason string `json:"reason,omitempty"`

	// ElementCount is the rows that were looked at. Missing values among them
	// are left out of UnexpectedPercent, but for expectations about missing
	// values themselves.
	ElementCount           int64   `json:"element_count"`
	MissingCount           int64   `json:"missing_count"`
	MissingPercent         float64 `json:"missing_percent"`
	UnexpectedCount        int64   `json:"unexpected_count"`
	UnexpectedPercent      float64 `json:"unexpected_percent"`       // of the rows that are not missing
	UnexpectedPercentTotal float64 `json:"unexpected_percent_total"` // of all rows

	// Examples are the first offending rows, at most MaxExamples.
	Examples []Example `json:"examples,omitempty"`

	// ObservedValue is the result of an aggregate; nil where it is undefined,
	// infinite, or where the expectation is about rows.
	ObservedValue  *float64  `json:"observed_value,omitempty"`
	ObservedValues []float64 `json:"observed_values,omitempty"` // quantiles
	ObservedNames  []string  `json:"observed_names,omitempty"`  // columns
	// Observed says the same for people.
	Observed string `json:"observed"`
}

// Example is an offending row.
type Example struct {
	// Row counts from 1, without headers, over all files of the dataset, broken
	// records left out.
	Row int64 `json:"row"`
	// Value is what was found, at most 80 bytes; values of sensitive columns
	// are masked.
	Value string `json:"value"`
	// Missing says that nothing was found.
	Missing bool `json:"missing,omitempty"`
	// Count is how often the value occurs, where that is what offends.
	Count int64 `json:"count,omitempty"`
}

// String writes the row and its value.
func (e Example) String() string {
	s := fmt.Sprintf("row %d: ", e.Row)
	switch {
	case e.Missing:
		s += "missing"
	case e.Value == masked:
		s += e.Value
	default:
		s += fmt.Sprintf("%q", e.Value)
	}
	if e.Count > 0 {
		s += fmt.Sprintf(", %d times", e.Count)
	}
	return s
}

// ObservedText says what was found, for people.
func (r Result) ObservedText() string { return r.Observed }

// Critical reports whether a failure of the expectation fails the report.
func (r Result) Critical() bool { return r.Expectation.Severity != warning }

// String tells the result in a line or two: what was expected, what was found
// and the first rows to look at.
func (r Result) String() string {
	s := r.Expectation.String()
	if args := arguments(r.Expectation); args != "" {
		s += " " + args
	}
	s += ": " + r.found()
	if n := len(r.Examples); n > 0 && !r.Success {
		var list []string
		for _, e := range r.Examples[:min(n, 3)] {
			list = append(list, e.String())
		}
		s += " (" + strings.Join(list, "; ")
		if r.UnexpectedCount > int64(len(list)) {
			s += "; ..."
		}
		s += ")"
	}
	return s
}

// found is what was observed and why that is wrong.
func (r Result) found() string {
	if r.Reason == "" {
		return r.Observed
	}
	return r.Observed + ": " + r.Reason
}

// finish derives percentages and the text.
func (r *Result) finish() {
	r.MissingPercent = percent(r.MissingCount, r.ElementCount)
	r.UnexpectedPercent = percent(r.UnexpectedCount, r.ElementCount-r.MissingCount)
	r.UnexpectedPercentTotal = percent(r.UnexpectedCount, r.ElementCount)
	if r.Observed == "" && r.Reason == "" {
		r.Observed = fmt.Sprintf("%d of %d values unexpected", r.UnexpectedCount, r.ElementCount-r.MissingCount)
		if r.UnexpectedCount > 0 {
			r.Observed += fmt.Sprintf(" (%.3g %%)", r.UnexpectedPercent)
		}
	}
	if r.Observed == "" {
		r.Observed = "undefined"
	}
}

// conceal takes away the result of an aggregate: the greatest value, or the mean
// of a few, is a value.
//
// Success is kept: whether the bound holds is what was asked.
func (r *Result) conceal() {
	if r.ObservedValue == nil && len(r.ObservedValues) == 0 {
		return
	}
	r.ObservedValue, r.ObservedValues, r.Reason, r.Observed = nil, nil, "", "not shown for an anonymised column"
}

func percent(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

// observe notes the result of an aggregate. It reports whether that is a finite
// number; a result whose aggregate is not has failed.
func (r *Result) observe(v float64, text string) bool {
	r.Observed = text
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return false
	}
	r.ObservedValue = &v
	return true
}

// firstExamples merges lists in the order of rows and keeps the first.
//
// The sort is stable, so two examples of one row keep their order.
func firstExamples(a, b []Example) []Example {
	out := slices.Concat(a, b)
	slices.SortStableFunc(out, func(x, y Example) int { return int(min(1, max(-1, x.Row-y.Row))) })
	return out[:min(len(out), MaxExamples)]
}
