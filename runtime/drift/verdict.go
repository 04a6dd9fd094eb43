package drift

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/drift/statistic"
)

// verdicts corrects the p-values and says what drifted.
//
// With "auto" all p-values of a window are corrected together: of the values of
// each column, of its missing values and of the predictions. In a window of
// what the reference was drawn from anything at all drifts with at most the
// blueprint's false_alarm_rate, so a column, the predictions and the dataset
// drift no more often than that, and no more alerts begin.
//
// With a named test its p-values are corrected across the columns, at 0.05, and a
// distance is compared with its fixed threshold, which holds no rate: the fewer
// rows a window has, the farther it is away by chance. The same holds, at 0.05,
// for missing values.
func (j *judge) verdicts(r *Report) {
	columns := make([]*Column, 0, len(r.Columns)+1)
	for i := range r.Columns {
		columns = append(columns, &r.Columns[i])
	}
	all := append(columns, &r.Predictions.Column)
	if j.tests == auto {
		r.FalseAlarmRate = j.alert.Rate()
		correct(slices.Concat(values(all, r.FalseAlarmRate), missing(all, r.FalseAlarmRate)))
		for _, c := range all {
			c.ValuesDrifted = c.ValuesDrifted && c.Statistic >= c.Threshold
		}
	} else {
		correct(values(columns, significance))
		correct(values(all[len(columns):], significance))
		correct(missing(all, significance))
	}
	for _, c := range all {
		c.Missing.Drifted = c.Missing.Drifted && c.Missing.Distance >= effect
		c.Drifted = c.ValuesDrifted || c.Missing.Drifted
	}
}

// question is a p-value, and where to say its result.
type question struct {
	p        float64
	level    float64
	adjusted **float64
	drifted  *bool
}

// values collects the p-values of the columns' values, those that have one;
// missing does so for the shares of missing values. The pointers lead back into
// the report.
func values(columns []*Column, level float64) []question {
	var out []question
	for _, c := range columns {
		if c.PValue != nil {
			out = append(out, question{*c.PValue, level, &c.PAdjusted, &c.ValuesDrifted})
		}
	}
	return out
}

// missing collects the p-values of the shares of missing values; columns that
// miss nothing on either side ask no question, so they do not make the others'
// correction larger.
func missing(columns []*Column, level float64) []question {
	var out []question
	for _, c := range columns {
		if m := &c.Missing; m.PValue != nil {
			out = append(out, question{*m.PValue, level, &m.PAdjusted, &m.Drifted})
		}
	}
	return out
}

// correct corrects the p-values for being many.
//
// Each p-value is judged at its own level; a p-value that equals the level does
// not count.
func correct(asked []question) {
	p := make([]float64, len(asked))
	for i, q := range asked {
		p[i] = q.p
	}
	for i, adjusted := range statistic.Adjust(p) {
		*asked[i].adjusted, *asked[i].drifted = &adjusted, adjusted < asked[i].level
	}
}

// decide says whether the window counts towards the alert, and why.
//
// A reference without importances, or where all are 0, cannot weigh: then the
// plain share counts, though the blueprint asks for a weighted one.
func (j *judge) decide(r *Report) {
	drifted, weight := 0.0, 0.0
	for i := range r.Columns {
		c := &r.Columns[i]
		c.Importance = j.layout.columns[i].profile.Importance
		weight += c.Importance
		if c.Drifted {
			r.Drifted++
			drifted += c.Importance
		}
	}
	r.Share = float64(r.Drifted) / float64(len(r.Columns))
	counted := r.Share
	if j.alert.Weighted() && weight > 0 {
		r.WeightedShare = new(drifted / weight)
		counted = *r.WeightedShare
	}
	r.DatasetDrift = counted >= j.alert.Share
	if r.DatasetDrift {
		r.Reasons = append(r.Reasons, ReasonShare)
	}
	if slices.ContainsFunc(r.Columns, func(c Column) bool {
		return c.Drifted &&
			slices.Contains(j.alert.Columns, c.Column)
	}) {
		r.Reasons = append(r.Reasons, ReasonColumns)
	}
	if r.Predictions.Drifted && j.alert.OnPredictions() {
		r.Reasons = append(r.Reasons, ReasonPredictions)
	}
	r.Detected = len(r.Reasons) > 0
}

// Why a window counts towards the alert.
const (
	ReasonShare       = "share"       // enough of the columns drifted, by count or by importance
	ReasonColumns     = "columns"     // one of those that the alert names drifted
	ReasonPredictions = "predictions" // what the model answers drifted
)

// Reasons are all there are.
func Reasons() []string { return []string{ReasonShare, ReasonColumns, ReasonPredictions} }

// Summary says in a line the result of the window.
func (r *Report) Summary() string {
	out := fmt.Sprintf("window of %s, %d of %d columns drifted", plan.Counted(r.Rows, "row"), r.Drifted, len(r.Columns))
	if r.WeightedShare != nil {
		out += fmt.Sprintf(" (%.0f %% of the importance)", 100**r.WeightedShare)
	}
	if r.Detected {
		out += ": counts towards the alert by " + strings.Join(r.Reasons, ", ")
	}
	return out
}
