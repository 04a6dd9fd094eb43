package drift

import (
	"fmt"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// column is one profile that is watched, and where a window keeps its part.
type column struct {
	profile *Profile
	slot    int // of the rows of numbers; -1 for categories
	offset  int // of the counts: a place a category, and one for what has no name
	full    int // categories the reference names
}

// layout is how a window is kept: the watched columns, then the score and, for a
// classification, the labels.
type layout struct {
	columns []column
	score   column
	label   column // profile nil for a regression
	width   int    // numbers a row, the score at least
	counts  int
}

// newLayout lays out the named columns of the reference, or all.
//
// The columns keep the order of the reference, whatever the order of the names:
// a snapshot of the same columns has the same layout. The layout points into
// the reference, which must not change after it.
func newLayout(r *Reference, names []string) (*layout, error) {
	l := &layout{}
	for _, n := range names {
		if !slices.ContainsFunc(r.Columns, func(p Profile) bool { return p.Column == n }) {
			return nil, fmt.Errorf("drift: column %q is not among the model's features", n)
		}
	}
	for i := range r.Columns {
		if p := &r.Columns[i]; len(names) == 0 || slices.Contains(names, p.Column) {
			l.columns = append(l.columns, l.place(p))
		}
	}
	l.score = l.place(&r.Score)
	if r.Label != nil {
		l.label = l.place(r.Label)
	}
	return l, nil
}

// place gives a profile the next free place: a number in each row for numbers,
// or a run of counts for categories, which are counted as they come and need no
// row.
func (l *layout) place(p *Profile) column {
	c := column{profile: p, slot: -1}
	if p.numeric() {
		c.slot = l.width
		l.width++
		return c
	}
	c.offset, c.full = l.counts, len(p.Categories)
	l.counts += c.full + 1
	return c
}

// all returns the columns, then score and label.
//
// The position in this list is the index of a column in window.missing and
// window.named.
func (l *layout) all() []*column {
	out := make([]*column, 0, len(l.columns)+2)
	for i := range l.columns {
		out = append(out, &l.columns[i])
	}
	out = append(out, &l.score)
	if l.label.profile != nil {
		out = append(out, &l.label)
	}
	return out
}

// coded reports whether values come as texts.
func (c *column) coded() bool {
	return c.profile.Type == plan.Category || c.profile.Type == plan.Text
}
