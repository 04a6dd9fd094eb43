package evaluate

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// Fairness is a model's treatment of the groups that one sensitive column
// makes. Only groups of at least MinGroup rows are judged.
type Fairness struct {
	Split    []float64          `json:"split,omitempty"`
	MinGroup int                `json:"min_group"`
	Groups   []Group            `json:"groups"`
	Metrics  map[string]float64 `json:"metrics"`
	// Undefined says why metrics are missing.
	Undefined string `json:"undefined,omitempty"`
}

// Group is one group's figures. A rate with nothing below the line is nil.
type Group struct {
	Name          string   `json:"name"`
	Count         int      `json:"count"`
	Judged        bool     `json:"judged"`
	SelectionRate float64  `json:"selection_rate"` // share predicted positive
	Accuracy      float64  `json:"accuracy"`
	TruePositive  *float64 `json:"true_positive_rate,omitempty"`
	FalsePositive *float64 `json:"false_positive_rate,omitempty"`
}

func (e *evaluation) fairness(r *Report) error {
	if len(e.spec.Model.Require.Fairness) == 0 {
		return nil
	}
	r.Fairness = map[string]Fairness{}
	for _, column := range sortedKeys(e.spec.Model.Require.Fairness) {
		c := e.frame.Column(column)
		if c == nil {
			return fmt.Errorf("the data has no sensitive column %q", column)
		}
		f := e.spec.Model.Require.Fairness[column]
		r.Fairness[column] = e.judge(f, groups(c, f.Split))
	}
	return nil
}

// groups names the group of each row: the value of a category or boolean, the
// interval of a number, "missing".
func groups(c *dataset.Column, split []float64) []string {
	out := make([]string, c.Len())
	for row := range out {
		switch {
		case c.Missing(row):
			out[row] = "missing"
		case len(split) == 0:
			out[row] = c.Value(row)
		default:
			out[row] = interval(c.Floats[row], split)
		}
	}
	return out
}

// interval names where v lies between rising points: "<25", "25..60", ">=60".
func interval(v float64, split []float64) string {
	text := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
	i, found := slices.BinarySearch(split, v)
	if found {
		i++
	}
	switch i {
	case 0:
		return "<" + text(split[0])
	case len(split):
		return ">=" + text(split[len(split)-1])
	}
	return text(split[i-1]) + ".." + text(split[i])
}

// counts are a group's cells of the confusion matrix.
type counts struct{ tp, fp, tn, fn float64 }

func (e *evaluation) judge(f plan.Fairness, group []string) Fairness {
	cells := map[string]*counts{}
	for row, name := range group {
		c := cells[name]
		if c == nil {
			c = &counts{}
			cells[name] = c
		}
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
	for _, name := range sortedKeys(cells) {
		g := cells[name].group(name)
		g.Judged = g.Count >= f.MinGroup
		out.Groups = append(out.Groups, g)
	}
	out.compare()
	return out
}

func (c *counts) group(name string) Group {
	n := c.tp + c.fp + c.tn + c.fn
	return Group{
		Name: name, Count: int(n), SelectionRate: (c.tp + c.fp) / n, Accuracy: (c.tp + c.tn) / n,
		TruePositive: rate(c.tp, c.fn), FalsePositive: rate(c.fp, c.tn),
	}
}

func rate(over, rest float64) *float64 {
	if over+rest == 0 {
		return nil
	}
	v := over / (over + rest)
	return &v
}

// compare fills in Fairlearn's aggregates over the judged groups: the smallest
// selection rate over the largest, their difference, and the larger of the
// differences in true and false positive rates. Where nobody is selected the
// ratio is 1: all groups are treated alike.
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
	if len(selection) < 2 {
		f.Undefined = fmt.Sprintf("%d groups have at least %d rows; it takes two to compare", len(selection), f.MinGroup)
		return
	}
	f.Metrics["demographic_parity_ratio"] = ratio(selection)
	f.Metrics["demographic_parity_difference"] = spread(selection)
	if len(tpr) < 2 || len(fpr) < 2 {
		f.Undefined = "equalized odds needs positives and negatives in two groups"
		return
	}
	f.Metrics["equalized_odds_difference"] = math.Max(spread(tpr), spread(fpr))
	f.Metrics["equalized_odds_ratio"] = math.Min(ratio(tpr), ratio(fpr))
}

func spread(v []float64) float64 { return slices.Max(v) - slices.Min(v) }

func ratio(v []float64) float64 {
	if slices.Max(v) == 0 {
		return 1
	}
	return slices.Min(v) / slices.Max(v)
}
