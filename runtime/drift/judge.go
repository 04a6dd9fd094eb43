package drift

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// judge compares closed windows with the reference. It keeps the memory that
// takes and is for one window at a time.
type judge struct {
	reference *Reference
	layout    *layout
	tests     string
	share     float64
	sorter    sorter
	buffer    []float64
}

// report compares the window. The alert is not its business.
func (j *judge) report(w *window, sequence int64) *Report {
	r := &Report{Window: sequence, From: w.opened.UTC(), To: w.last.UTC(), Rows: w.rows, ReferenceRows: j.reference.Rows}
	if int64(w.kept) < w.rows {
		r.Sampled = int64(w.kept)
	}
	for k := range j.layout.columns {
		r.Columns = append(r.Columns, j.column(w, k, &j.layout.columns[k]))
	}
	j.verdicts(r.Columns)
	for i := range r.Columns {
		if r.Columns[i].Drifted {
			r.Drifted++
		}
	}
	r.Share = float64(r.Drifted) / float64(len(r.Columns))
	r.DatasetDrift = r.Share >= j.share
	r.Predictions = j.predictions(w)
	return r
}

// column compares one column; p-values are judged later, all together.
func (j *judge) column(w *window, k int, c *column) Column {
	p := c.profile
	out := Column{Column: p.Column, Type: p.Type, Missing: missingShares(p, w.rows, w.missing[k])}
	cmp, labels := j.comparison(w, k, c)
	t := choose(j.tests, cmp)
	out.Test, out.Threshold = t.name, t.threshold
	if cmp.empty() {
		out.Note = "no values to compare"
	} else {
		found := t.run(cmp)
		out.Statistic = finite(found.statistic)
		if t.pValue {
			out.PValue = new(finite(found.p))
		} else {
			out.ValuesDrifted = out.Statistic >= t.threshold
		}
	}
	if cmp.numeric {
		mean, std := cmp.current.moments()
		out.Mean, out.Std = &Pair{p.Mean, mean}, &Pair{p.Std, std}
		out.Histogram = numberHistogram(p.sample(), cmp.current, p.Type != plan.Timestamp)
	} else {
		out.Histogram = categoryHistogram(labels, cmp.referenceCounts, cmp.currentCounts)
		out.Note = join(out.Note, unseen(p, w, k, c))
	}
	return out
}

// comparison prepares both sides; labels name the counts of categories.
func (j *judge) comparison(w *window, k int, c *column) (*comparison, []string) {
	p := c.profile
	out := &comparison{rows: p.Rows, numeric: p.numeric()}
	if out.numeric {
		j.buffer = w.numbers(c.slot, j.buffer[:0])
		j.buffer = j.sorter.sort(j.buffer, j.buffer)
		out.reference, out.current = p.sample(), sorted(j.buffer)
		shrink := max(out.reference.exponent(), out.current.exponent())
		out.deviation = p.Std
		if shrink > 0 {
			// Tests of numbers are the same of numbers divided by a power of two.
			out.reference, out.current = out.reference.shrunk(shrink), out.current.shrunk(shrink)
			_, out.deviation = out.reference.moments()
		}
		out.few, out.unbinned = few(out.reference, out.current), p.Distinct <= binnedValues
		return out, nil
	}
	out.referenceCounts = append(slices.Clone(p.Counts), p.Other)
	out.currentCounts = slices.Clone(w.counts[c.offset : c.offset+c.full+1])
	labels := append(slices.Clone(p.Categories), "(other)")
	for _, name := range slices.Sorted(maps.Keys(w.named[k])) {
		out.referenceCounts = append(out.referenceCounts, 0)
		out.currentCounts = append(out.currentCounts, w.named[k][name])
		labels = append(labels, name)
	}
	return out, labels
}

// empty reports whether either side has no values.
func (c *comparison) empty() bool {
	if c.numeric {
		return c.reference.n == 0 || c.current.n == 0
	}
	return total(c.referenceCounts) == 0 || total(c.currentCounts) == 0
}

// verdicts corrects the p-values across the columns and says which drifted.
func (j *judge) verdicts(columns []Column) {
	var at []int
	var p []float64
	for i := range columns {
		if columns[i].PValue != nil {
			at, p = append(at, i), append(p, *columns[i].PValue)
		}
	}
	for k, adjusted := range adjust(p) {
		c := &columns[at[k]]
		c.PAdjusted, c.ValuesDrifted = &adjusted, adjusted < c.Threshold
	}
	for i := range columns {
		columns[i].Drifted = columns[i].ValuesDrifted || columns[i].Missing.Drifted
	}
}

// predictions compares what was answered: classes where there are several, else
// the score.
func (j *judge) predictions(w *window) Predictions {
	k := len(j.layout.columns)
	out := Predictions{Column: j.column(w, k, &j.layout.score)}
	if label := &j.layout.label; label.profile != nil {
		classes := j.column(w, k+1, label)
		out.Labels = classes.Histogram
		out.Column.Histogram = j.probabilities(w)
		if label.full > 2 {
			classes.Mean, classes.Std, classes.Histogram = out.Mean, out.Std, out.Column.Histogram
			out.Column = classes
		}
	}
	one := []Column{out.Column}
	j.verdicts(one)
	out.Column = one[0]
	return out
}

// missingShares compares the shares of missing values.
func missingShares(p *Profile, rows, missing int64) Missing {
	var m Missing
	if p.Rows > 0 {
		m.Reference = float64(p.Missing) / float64(p.Rows)
	}
	if rows > 0 {
		m.Current = float64(missing) / float64(rows)
	}
	m.Distance = jensenShannonDistance([]int64{p.Missing, p.Rows - p.Missing}, []int64{missing, rows - missing})
	m.Drifted = m.Distance >= effect
	return m
}

// unseen says which categories the reference does not have.
func unseen(p *Profile, w *window, k int, c *column) string {
	names := rank(w.named[k])
	n := int64(0)
	for _, c := range w.named[k] {
		n += c
	}
	if p.Other == 0 {
		n += w.counts[c.offset+c.full]
	}
	if n == 0 {
		return ""
	}
	note := fmt.Sprintf("%.1f %% of the values were never seen in training", 100*float64(n)/float64(w.rows-w.missing[k]))
	if p.Type == plan.Boolean || len(names) == 0 {
		return note
	}
	for i, n := range names[:min(len(names), 3)] {
		names[i] = shorten(n)
	}
	return note + ", such as " + strings.Join(names[:min(len(names), 3)], ", ")
}

func join(a, b string) string {
	if a == "" || b == "" {
		return cmp.Or(a, b)
	}
	return a + "; " + b
}
