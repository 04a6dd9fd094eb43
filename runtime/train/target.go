package train

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// target is the column that is learnt, as numbers.
type target struct {
	name   string
	labels []string  // classes: {negative, positive} of a binary task, else sorted; nil for regression
	y      []float64 // class index or value of each row of the frame
	known  []int     // rows that have a target, ascending
	frame  *dataset.Frame
	ids    []uint64 // see identities; nil until they are asked for
}

// Target returns the classes of the spec's target in the order that models use
// and, for each row of the frame, the class index or the value; NaN marks a row
// without a target. Its errors say why nothing can be learnt from the column.
func Target(frame *dataset.Frame, spec Spec) (labels []string, y []float64, err error) {
	t, err := newTarget(spec, frame)
	if err != nil {
		return nil, nil, err
	}
	return t.labels, t.y, nil
}

// newTarget reads the target of all rows; rows without one stay in the frame
// and are in no part.
func newTarget(spec Spec, frame *dataset.Frame) (*target, error) {
	c := frame.Column(spec.Model.Target)
	if c == nil {
		return nil, fmt.Errorf("target %q: the data has no such column", spec.Model.Target)
	}
	t := &target{name: c.Name, frame: frame, y: make([]float64, frame.Rows)}
	for row := range frame.Rows {
		if c.Missing(row) {
			t.y[row] = math.NaN()
			continue
		}
		t.known = append(t.known, row)
	}
	if len(t.known) == 0 {
		return nil, fmt.Errorf("target %q: all %d rows are missing, nothing can be learnt; check that the file fills this column and that csv.null_value does not name its values",
			t.name, frame.Rows)
	}
	if spec.Model.Task == plan.Regression {
		return t, t.values(c)
	}
	return t, t.classes(c, spec.Model)
}

// dropped returns the number of rows without a target.
func (t *target) dropped() int { return len(t.y) - len(t.known) }

// of returns the targets of the rows.
func (t *target) of(rows []int) []float64 {
	out := make([]float64, len(rows))
	for i, r := range rows {
		out[i] = t.y[r]
	}
	return out
}

// values fills y for a regression. The row in an error counts from 0, as
// indexes into the frame do.
func (t *target) values(c *dataset.Column) error {
	if c.Coded() {
		return fmt.Errorf("target %q: is %s, a regression learns a number: declare the column a number, or make the task a classification", t.name, c.Type)
	}
	for _, row := range t.known {
		t.y[row] = c.Floats[row]
		if math.IsInf(t.y[row], 0) {
			return fmt.Errorf("target %q: row %d is infinite", t.name, row)
		}
	}
	return nil
}

// classes fills labels and y for a classification. Labels are texts whatever
// the column's type: numbers and booleans as Column.Value writes them. They are
// sorted, so that the classes' indexes do not depend on the order of the rows.
func (t *target) classes(c *dataset.Column, m plan.Model) error {
	text := labeller(c)
	counts := make(map[string]int)
	for _, row := range t.known {
		counts[text(row)]++
	}
	for label := range counts {
		t.labels = append(t.labels, label)
	}
	slices.Sort(t.labels)
	if len(t.labels) == 1 {
		return fmt.Errorf("target %q: every one of %d rows is %q; a classifier needs rows of at least two classes: add data, or check csv.null_value and the source",
			t.name, len(t.known), t.labels[0])
	}
	if m.Task == plan.Binary {
		if err := t.orient(m.Positive, counts); err != nil {
			return err
		}
	}
	index := make(map[string]float64, len(t.labels))
	for k, label := range t.labels {
		index[label] = float64(k)
	}
	for _, row := range t.known {
		t.y[row] = index[text(row)]
	}
	return nil
}

// orient puts the labels of a binary task as {negative, positive}.
//
// Without a positive class in the plan the label that sorts last is positive,
// as in scikit-learn: true, yes and 1 after false, no and 0.
func (t *target) orient(positive string, counts map[string]int) error {
	if len(t.labels) != 2 {
		return fmt.Errorf("target %q: a binary task has two classes, the data has %d: %s%s", t.name, len(t.labels),
			listed(t.labels, counts), spaced(t.labels))
	}
	if positive == "" {
		return nil
	}
	at := slices.Index(t.labels, positive)
	if at < 0 {
		return fmt.Errorf("target %q: no row is the positive class %q; the data has %s", t.name,
			positive, listed(t.labels, counts))
	}
	if at == 0 {
		slices.Reverse(t.labels)
	}
	return nil
}

// spaced says which labels differ by nothing but space around them.
func spaced(labels []string) string {
	seen := map[string]string{}
	for _, l := range labels {
		if other, ok := seen[strings.TrimSpace(l)]; ok {
			return fmt.Sprintf("; %q and %q differ by space alone: trim them where the data is made", other, l)
		}
		seen[strings.TrimSpace(l)] = l
	}
	return ""
}

// listed writes labels with their counts, the first ten.
func listed(labels []string, counts map[string]int) string {
	var parts []string
	for i, l := range labels {
		if i == 10 {
			parts = append(parts, fmt.Sprintf("and %d more", len(labels)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%q (%s)", l, plan.Counted(counts[l], "row")))
	}
	return strings.Join(parts, ", ")
}

// labeller returns how a row's label is read without making a text again for
// every row.
func labeller(c *dataset.Column) func(row int) string {
	if c.Coded() {
		return func(row int) string { return c.Dict[c.Codes[row]] }
	}
	seen := make(map[float64]string)
	return func(row int) string {
		v := c.Floats[row]
		if c.Low != nil && c.Low[row] != 0 { // an integer that shares its float64 with others
			return c.Value(row)
		}
		s, ok := seen[v]
		if !ok {
			s = c.Value(row)
			seen[v] = s
		}
		return s
	}
}
