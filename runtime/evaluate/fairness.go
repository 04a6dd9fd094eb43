package evaluate

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Fairness is a model's treatment of the groups that one sensitive column
// makes. Only groups of at least MinGroup rows are judged.
type Fairness struct {
	Split    []float64          `json:"split,omitempty"`
	MinGroup int                `json:"min_group"`
	Groups   []Group            `json:"groups"` // in order of value; rows without one last
	Metrics  map[string]float64 `json:"metrics"`
	// Undefined says why metrics are missing.
	Undefined string `json:"undefined,omitempty"`
}

// Group is one group's figures. A rate with nothing below the line is nil.
type Group struct {
	Name          string   `json:"name"`              // a value, or an interval such as "<25", "25..60", ">=60"
	Missing       bool     `json:"missing,omitempty"` // the rows that have no value; Name is "missing"
	Count         int      `json:"count"`
	Judged        bool     `json:"judged"`
	SelectionRate float64  `json:"selection_rate"` // share predicted positive
	Accuracy      float64  `json:"accuracy"`
	TruePositive  *float64 `json:"true_positive_rate,omitempty"`
	FalsePositive *float64 `json:"false_positive_rate,omitempty"`
}

// shownMinGroup is the least size of a group to be judged where a sensitive
// column has no gate that says another; it is the gates' default too.
const shownMinGroup = 30

// fairness judges the columns that have a gate. The other sensitive columns
// that make groups by themselves are measured too, so that a report shows what
// nobody thought of asking.
//
// Sensitive columns without a gate are measured only if they are categories or
// booleans: numbers need a split to make groups, and texts would make a group a
// row. The target is left out: groups by the truth have positives only or
// negatives only, so there is nothing to compare.
func (e *evaluation) fairness(r *Report) error {
	asked := e.spec.Model.Require.Fairness
	if e.spec.Model.Task != plan.Binary {
		if len(asked) > 0 {
			return fmt.Errorf("fairness compares how often groups get the positive class, but the task is %s",
				e.spec.Model.Task)
		}
		return nil
	}
	judged := maps.Clone(asked)
	if judged == nil {
		judged = map[string]plan.Fairness{}
	}
	// The columns come from a map, but all that follows goes by sorted names,
	// so the report does not depend on the map's order.
	for name, c := range e.spec.Dataset.Columns {
		_, gated := asked[name]
		if c.Sensitive && !gated && name != e.spec.Model.Target &&
			(c.Type == plan.Category || c.Type == plan.Boolean) && e.frame.Column(name) != nil {
			judged[name] = plan.Fairness{MinGroup: shownMinGroup}
		}
	}
	for _, name := range sortedKeys(judged) {
		c, f := e.frame.Column(name), judged[name]
		switch {
		case c == nil:
			return fmt.Errorf("the data has no sensitive column %q", name)
		case c.Coded() && len(f.Split) > 0:
			return fmt.Errorf("sensitive column %q: its values are the groups, so a split of numbers makes none", name)
		}
		if r.Fairness == nil {
			r.Fairness = map[string]Fairness{}
		}
		r.Fairness[name] = e.judge(f, divide(c, f.Split))
	}
	return nil
}

// counts are a group's cells of the confusion matrix.
type counts struct{ tp, fp, tn, fn float64 }

// judge measures each group and compares those that are large enough.
//
// The task is binary: class 1 is the positive one. Groups without a row are
// left out, since a rate over none of them is undefined; those that are too
// small are shown but not compared.
func (e *evaluation) judge(f plan.Fairness, d division) Fairness {
	cells := make([]counts, len(d.names))
	for row, group := range d.of {
		c := &cells[group]
		switch positive, said := e.truth[row] == 1, e.pred.Label[row] == 1; {
		case positive && said:
			c.tp++
		case positive:
			c.fn++
		case said:
			c.fp++
		default:
			c.tn++
		}
	}
	out := Fairness{Split: f.Split, MinGroup: f.MinGroup, Metrics: map[string]float64{}}
	for i := range cells {
		g := cells[i].group(d.names[i])
		if g.Count == 0 {
			continue
		}
		g.Judged, g.Missing = g.Count >= f.MinGroup, i == d.missing
		out.Groups = append(out.Groups, g)
	}
	out.compare()
	return out
}

// The group has at least one row, or the rates divide by 0.
func (c *counts) group(name string) Group {
	n := c.tp + c.fp + c.tn + c.fn
	return Group{
		Name: name, Count: int(n), SelectionRate: (c.tp + c.fp) / n, Accuracy: (c.tp + c.tn) / n,
		TruePositive: rate(c.tp, c.fn), FalsePositive: rate(c.fp, c.tn),
	}
}

// rate is over / (over + rest), nil where that is 0/0. A pointer keeps
// "undefined" apart from a rate of 0 in JSON.
func rate(over, rest float64) *float64 {
	if over+rest == 0 {
		return nil
	}
	v := over / (over + rest)
	return &v
}

// compare fills in Fairlearn's aggregates over the judged groups: the smallest
// selection rate over the largest, their difference, the larger of the
// differences in true and false positive rates, and the smaller of their ratios
// (agg="worst_case").
//
// Two things differ from Fairlearn. A ratio of rates that are all 0 is 1 and not
// 0/0: the groups are treated alike. And a group without positives (negatives)
// has no true (false) positive rate and is left out of that comparison, where
// Fairlearn counts it as 0, which looks like the worst treatment possible.
func (f *Fairness) compare() {
	var selection, tpr, fpr []float64
	for _, g := range f.Groups {
		if !g.Judged {
			continue
		}
		selection = append(selection, g.SelectionRate)
		if g.TruePositive != nil {
			tpr = append(tpr, *g.TruePositive)
		}
		if g.FalsePositive != nil {
			fpr = append(fpr, *g.FalsePositive)
		}
	}
	// With one group a ratio would be 1, and a gate would pass though nothing
	// was compared.
	if len(selection) < 2 {
		f.Undefined = fmt.Sprintf("it takes two groups of at least %d rows to compare, and there is %s", f.MinGroup,
			[...]string{"none", "only one"}[len(selection)])
		return
	}
	f.Metrics["demographic_parity_ratio"] = ratio(selection)
	f.Metrics["demographic_parity_difference"] = spread(selection)
	// Demographic parity needs no truth and is in Metrics already; only
	// equalized odds lacks its groups.
	if len(tpr) < 2 || len(fpr) < 2 {
		f.Undefined = fmt.Sprintf("equalized odds takes two groups of at least %d rows with positives, and two with negatives", f.MinGroup)
		return
	}
	f.Metrics["equalized_odds_difference"] = math.Max(spread(tpr), spread(fpr))
	f.Metrics["equalized_odds_ratio"] = math.Min(ratio(tpr), ratio(fpr))
}

func spread(v []float64) float64 { return slices.Max(v) - slices.Min(v) }

// ratio is the smallest over the largest of rates, none of which is negative.
func ratio(v []float64) float64 {
	if slices.Max(v) == 0 {
		return 1
	}
	return slices.Min(v) / slices.Max(v)
}
