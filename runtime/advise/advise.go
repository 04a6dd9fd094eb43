// Package advise tells from a table what a model should not learn from: columns
// that give the target away and columns that only name a row. Both make a model
// look good and serve badly, and neither fails a test of types or ranges.
//
// What it says is advice: it judges by a sample and by names, and the owner of
// the data knows better.
package advise

import (
	"fmt"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// Kind is what is wrong with a feature.
type Kind string

const (
	// Leak is a column that tells the target by itself.
	Leak Kind = "leak"
	// Identifier is a column that names a row.
	Identifier Kind = "identifier"
)

// Advice is a column not to learn from.
type Advice struct {
	Column string `json:"column"`
	Kind   Kind   `json:"kind"`
	Why    string `json:"why"` // such as "every row has a value of its own"
}

const (
	// minRows is how many rows it takes to say anything.
	minRows = 30
	// minOther is how many rows must not be of the commonest class.
	minOther = 10
)

// Features returns the advice on a model's features, in their order. The target
// is a class where classes is set, and a number otherwise.
//
// A column is reported once, as a leak if it is both, since that is the worse
// of the two. Features that the frame lacks are skipped: other checks report
// those. The frame is only read.
func Features(f *dataset.Frame, target string, classes bool, features []string) []Advice {
	t := f.Column(target)
	if f.Rows < minRows || t == nil {
		return nil
	}
	y := targetOf(t, classes)
	var out []Advice
	for _, name := range features {
		c := f.Column(name)
		if c == nil || name == target {
			continue
		}
		if why := y.toldBy(c); why != "" {
			out = append(out, Advice{Column: name, Kind: Leak, Why: why})
		} else if why := identifies(c); why != "" {
			out = append(out, Advice{Column: name, Kind: Identifier, Why: why})
		}
	}
	return out
}

// Values returns the distinct values of a column, sorted, or nil where there
// are more than most.
func Values(c *dataset.Column, most int) []string {
	seen := map[string]bool{}
	for row := range c.Len() {
		if !c.Missing(row) {
			seen[c.Value(row)] = true
		}
		if len(seen) > most {
			return nil
		}
	}
	out := make([]string, 0, len(seen))
	for v := range seen {
		out = append(out, v)
	}
	slices.Sort(out)
	return out
}

// targetOf prepares the target.
//
// Classes are numbered in the order they are met, which nothing depends on. For
// a regression class has only zeros, and number stays nil where the target is
// no number: then nothing is said of leaks.
func targetOf(t *dataset.Column, classes bool) outcome {
	o := outcome{classes: classes, class: make([]int, t.Len()), number: t.Floats}
	if !classes {
		if t.Coded() {
			o.number = nil
		}
		return o
	}
	known := map[string]int{}
	for row := range o.class {
		o.class[row] = -1
		if t.Missing(row) {
			continue
		}
		v := t.Value(row)
		if _, ok := known[v]; !ok {
			known[v] = len(known)
		}
		o.class[row] = known[v]
		o.rows++
	}
	o.counts = make([]int, len(known))
	for _, c := range o.class {
		if c >= 0 {
			o.counts[c]++
		}
	}
	return o
}

// percent writes a share.
func percent(share float64) string { return fmt.Sprintf("%.4g %%", 100*share) }

// isNumber reports whether the column holds numbers.
func isNumber(c *dataset.Column) bool { return c.Type == plan.Number || c.Type == plan.Integer }
