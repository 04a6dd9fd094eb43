package drift

import (
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/drift/statistic"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// referenceVersion is raised whenever an older reader would misread a reference.
const referenceVersion = 1

// What a reference holds at most, so that it stays a small JSON document however
// many columns and rows there are.
const (
	allValues, minValues, maxValues = 1_000_000, 100, 10_000 // distinct numbers: all columns, one column
	allNames, minNames, maxNames    = 100_000, 50, 1_000     // categories: all columns, one column
	maxNameBytes                    = 200
	maxProfiles                     = 20_000
)

// Reference is what live traffic is compared with: the distribution of every
// feature over the rows the model was trained on, and of its predictions over
// rows it was not, since a model is surer of what it has learnt than of anything
// that it will be asked. It is JSON-safe, of bounded size, and equal rows in any
// order give equal bytes.
type Reference struct {
	Version int       `json:"version"`
	Rows    int64     `json:"rows"`
	Seed    uint64    `json:"seed"` // of the sampling of live rows beyond the capacity
	Columns []Profile `json:"columns"`
	// Score is the regression's value, the probability of the positive class of a
	// binary task, or that of the predicted class of a multiclass one. Label holds
	// the predicted classes; nil for a regression. Both have rows of their own.
	Score  Profile  `json:"score"`
	Label  *Profile `json:"label,omitempty"`
	Labels []string `json:"labels,omitempty"`
}

// Profile is the distribution of one column. Numbers, integers and timestamps
// have Values; categories, texts and booleans have Categories.
type Profile struct {
	Column  string          `json:"column"`
	Type    plan.ColumnType `json:"type"`
	Rows    int64           `json:"rows"`
	Missing int64           `json:"missing"` // an infinite number counts as missing

	// Values ascend, each occurring so many times; with Grouped they are order
	// statistics and each stands for its neighbours. Mean, Std (of the population)
	// and Distinct are of all values.
	Values   []float64 `json:"values,omitempty"`
	Counts   []int64   `json:"counts,omitempty"`
	Grouped  bool      `json:"grouped,omitempty"`
	Mean     float64   `json:"mean,omitempty"`
	Std      float64   `json:"std,omitempty"`
	Distinct int64     `json:"distinct,omitempty"`

	// Categories ascend, with Counts beside. Other counts the rarest where there
	// are too many, and names that are too long.
	Categories []string `json:"categories,omitempty"`
	Other      int64    `json:"other,omitempty"`

	// Importance is what the column counts where a share is weighted: how much the
	// model's main metric loses without it, 0 where it loses nothing.
	Importance float64 `json:"importance,omitempty"`
}

// ReferenceOptions say what cannot be read off the rows.
type ReferenceOptions struct {
	Labels []string // classes in the order of the predictions' labels; empty for a regression
	Seed   uint64   // of the plan
	// Importance of each feature, as evaluation measured it; nil: columns count the same.
	Importance map[string]float64
}

// NewReference profiles the features of the rows that a model was trained on and
// its predictions on rows that it was not, as many as there are. The error names
// every column and prediction that does not fit.
//
// The limits on values and names are divided among the columns, with a floor
// for each, so that the document is bounded for any number of columns. The
// frame and the predictions are only read; the reference shares no memory with
// them but strings.
func NewReference(frame *dataset.Frame, predictions *model.Predictions, opt ReferenceOptions) (*Reference, error) {
	if frame == nil || predictions == nil {
		return nil, errors.New("a reference needs rows and what was predicted for them")
	}
	if err := errors.Join(frame.Check(), checkPredictions(predictions, opt.Labels)); err != nil {
		return nil, err
	}
	r := &Reference{Version: referenceVersion, Rows: int64(frame.Rows), Seed: opt.Seed,
		Labels: slices.Clone(opt.Labels)}
	n := max(len(frame.Columns), 1)
	values := min(max(allValues/n, minValues), maxValues)
	names := min(max(allNames/n, minNames), maxNames)
	var s statistic.Sorter
	for i := range frame.Columns {
		c := &frame.Columns[i]
		switch {
		case c.Coded():
			r.Columns = append(r.Columns, profileCodes(c.Name, c.Type, c.Codes, c.Dict, names))
		case c.Type == plan.Boolean:
			r.Columns = append(r.Columns, profileBooleans(c.Name, c.Floats))
		default:
			r.Columns = append(r.Columns, profileNumbers(&s, c.Name, c.Type, c.Floats, values))
		}
		// A negative importance is noise of its measuring.
		r.Columns[i].Importance = max(opt.Importance[c.Name], 0)
	}
	r.predictions(&s, predictions)
	return r, r.Check()
}

// checkPredictions compares the predictions with the labels: one probability a
// row for two classes, one a class for more. It bounds every label, since they
// are used as indexes after it.
func checkPredictions(p *model.Predictions, labels []string) error {
	want := len(p.Label)
	switch {
	case len(labels) == 0:
		if len(p.Value) == 0 {
			return errors.New("there are no predicted values")
		}
		return nil
	case len(labels) > 2:
		want *= len(labels)
	}
	if p.Classes != len(labels) || len(p.Label) == 0 || len(p.Proba) != want {
		return fmt.Errorf("predictions of %d classes with %d labels and %d probabilities do not fit the labels %q",
			p.Classes, len(p.Label), len(p.Proba), labels)
	}
	for row, l := range p.Label {
		if l < 0 || int(l) >= len(labels) {
			return fmt.Errorf("row %d: predicted label %d of %d", row, l, len(labels))
		}
	}
	return nil
}

// predictions profiles the score and, for a classification, the labels. The
// label's categories keep the order of the model's labels, since live labels
// are indexes into it.
func (r *Reference) predictions(s *statistic.Sorter, p *model.Predictions) {
	if len(r.Labels) == 0 {
		r.Score = profileNumbers(s, "prediction", plan.Number, p.Value, maxValues)
		return
	}
	score := p.Proba
	if len(r.Labels) > 2 {
		score = make([]float64, len(p.Label))
		for row, l := range p.Label {
			score[row] = p.Proba[row*len(r.Labels)+int(l)]
		}
	}
	r.Score = profileNumbers(s, "probability", plan.Number, score, maxValues)
	label := Profile{Column: "label", Type: plan.Category, Rows: int64(len(p.Label)), Categories: r.Labels,
		Counts: make([]int64, len(r.Labels))}
	for _, l := range p.Label {
		label.Counts[l]++
	}
	r.Label = &label
}

// profileNumbers keeps at most so many distinct values.
//
// Infinite values are left out by the sorter and count as missing, as they do
// in live traffic. Moments are taken of all values, before those are grouped.
func profileNumbers(s *statistic.Sorter, name string, kind plan.ColumnType, v []float64, limit int) Profile {
	all := statistic.Sorted(s.Sort(v, nil))
	p := Profile{Column: name, Type: kind, Rows: int64(len(v)), Missing: int64(len(v)) - all.N}
	p.Mean, p.Std = all.Moments()
	p.Distinct = int64(all.Distinct(len(v) + 1))
	kept, exact := all.Group(limit)
	p.Values, p.Counts, p.Grouped = kept.Values, kept.Counts, !exact
	return p
}

// profileBooleans counts a boolean as a category of two names, so that it is
// tested as one. Any number but 0 is true.
func profileBooleans(name string, v []float64) Profile {
	p := Profile{Column: name, Type: plan.Boolean, Rows: int64(len(v)),
		Categories: []string{"false", "true"}, Counts: make([]int64, 2)}
	for _, x := range v {
		switch {
		case x-x != 0:
			p.Missing++
		case x != 0:
			p.Counts[1]++
		default:
			p.Counts[0]++
		}
	}
	return p
}

// profileCodes keeps at most so many categories, the most frequent ones.
//
// Dictionaries may hold a text twice or texts that no row uses, so rows are
// added up by text. Ties are broken by name: which categories are kept depends
// on the rows alone, not on their order.
func profileCodes(name string, kind plan.ColumnType, codes []int32, dict []string, limit int) Profile {
	p := Profile{Column: name, Type: kind, Rows: int64(len(codes))}
	counts := make([]int64, len(dict))
	for _, c := range codes {
		if c < 0 {
			p.Missing++
		} else {
			counts[c]++
		}
	}
	byName := map[string]int64{}
	for i, c := range counts {
		switch {
		case c == 0:
		case !nameable(dict[i]):
			p.Other += c
		default:
			byName[dict[i]] += c
		}
	}
	names := rank(byName)
	for _, n := range names[min(limit, len(names)):] {
		p.Other += byName[n]
	}
	p.Categories = names[:min(limit, len(names))]
	slices.Sort(p.Categories)
	for _, n := range p.Categories {
		p.Counts = append(p.Counts, byName[n])
	}
	return p
}

// nameable reports whether a category is kept by its name.
func nameable(name string) bool { return len(name) <= maxNameBytes && utf8.ValidString(name) }
