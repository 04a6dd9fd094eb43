package drift

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/drift/statistic"
)

// judge compares closed windows with the reference. It keeps the memory that
// takes and is for one window at a time.
type judge struct {
	reference *Reference
	layout    *layout
	tests     string
	alert     plan.DriftAlert
	sorter    statistic.Sorter
	buffer    []float64
}

func newJudge(r *Reference, l *layout, d plan.Drift) judge {
	return judge{reference: r, layout: l, tests: d.Tests, alert: d.Alert}
}

// report compares the window. Whether that is an alert is not its business.
//
// The random numbers are seeded by the reference and the number of the window,
// so that the same windows in the same order give the same reports. Columns
// draw from one stream one after another: their order is part of what makes a
// report repeatable.
func (j *judge) report(w *window, sequence int64) *Report {
	r := &Report{Window: sequence, From: w.opened.UTC(), To: w.last.UTC(), Rows: w.rows,
		ReferenceRows: j.reference.Rows}
	if int64(w.kept) < w.rows {
		r.Sampled = int64(w.kept)
	}
	random := rand.New(rand.NewPCG(j.reference.Seed, uint64(sequence))) //nolint:gosec // shuffles, not secrets
	for k := range j.layout.columns {
		r.Columns = append(r.Columns, j.column(w, k, &j.layout.columns[k], random))
	}
	// The order of these calls matters: verdicts need every p-value of the
	// window, and decide needs the verdicts.
	r.Predictions = j.predictions(w, random)
	j.verdicts(r)
	j.decide(r)
	return r
}

// column compares one column; p-values are judged later, all together.
//
// k is the column's place in layout.all. The p-value of the Monte Carlo part
// draws from random.
func (j *judge) column(w *window, k int, c *column, random *rand.Rand) Column {
	p := c.profile
	out := Column{Column: p.Column, Type: p.Type, Missing: missingShares(p, w.rows, w.missing[k])}
	cmp, labels := j.comparison(w, k, c)
	t, found := j.test(cmp)
	out.Test, out.Threshold, out.Statistic = t.name, t.threshold, statistic.Finite(found.statistic)
	switch {
	case cmp.empty():
		out.Note = "no values to compare"
	case j.tests == auto:
		out.PValue = new(cmp.permuted(random))
	case t.pValue:
		out.PValue = new(statistic.Finite(found.p))
	default:
		out.ValuesDrifted = out.Statistic >= t.threshold
	}
	if cmp.numeric {
		mean, std := cmp.current.Moments()
		// The moments are shown in the column's own unit.
		if e := cmp.shrunk; e != 0 {
			mean, std = statistic.Finite(math.Ldexp(mean, e)), statistic.Finite(math.Ldexp(std, e))
		}
		out.Mean, out.Std = &Pair{p.Mean, mean}, &Pair{p.Std, std}
		out.Histogram = numberHistogram(p.sample(), statistic.Sorted(j.buffer), p.Type != plan.Timestamp)
	} else {
		out.Histogram = categoryHistogram(labels, cmp.referenceCounts, cmp.currentCounts)
		out.Note = join(out.Note, unseen(p, w, k, c))
	}
	return out
}

// test runs what the blueprint asks for on the column.
//
// A test of an empty side is named but not run: its threshold is shown, with a
// statistic of 0.
func (j *judge) test(c *comparison) (test, outcome) {
	if j.tests == auto && !c.empty() {
		return sized(c)
	}
	t := choose(j.tests, c)
	if c.empty() {
		return t, outcome{}
	}
	return t, t.run(c)
}

// comparison prepares both sides; labels name the counts of categories.
//
// The numbers of the window are in j.buffer and are valid until the next call,
// since one buffer serves all columns. Counts are copies, because names that
// only the window has are appended to them.
func (j *judge) comparison(w *window, k int, c *column) (*comparison, []string) {
	p := c.profile
	out := &comparison{rows: p.Rows, numeric: p.numeric()}
	if out.numeric {
		j.buffer = w.numbers(c.slot, j.buffer[:0])
		j.buffer = j.sorter.Sort(j.buffer, j.buffer)
		out.reference, out.current = p.sample(), statistic.Sorted(j.buffer)
		out.deviation, out.slack = p.Std, p.slack()
		if shrink := max(out.reference.Exponent(), out.current.Exponent()); shrink != 0 {
			// Tests of numbers are the same of numbers divided by a power of two.
			out.reference, out.current, out.shrunk = out.reference.Shrunk(shrink), out.current.Shrunk(shrink), shrink
			_, out.deviation = out.reference.Moments()
		}
		out.few, out.unbinned = few(out.reference, out.current), p.Distinct <= binnedValues
		return out, nil
	}
	out.referenceCounts = append(slices.Clone(p.Counts), p.Other)
	out.currentCounts = slices.Clone(w.counts[c.offset : c.offset+c.full+1])
	out.rest, out.other = c.full, p.Other
	// A reference that names all its categories has no rest, so what the window
	// counts there was too many or too long to name, and is new. Otherwise it
	// may be one of the rest.
	if p.Other == 0 {
		out.nameless = w.counts[c.offset+c.full]
	}
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
		return c.reference.N == 0 || c.current.N == 0
	}
	return statistic.Total(c.referenceCounts) == 0 || statistic.Total(c.currentCounts) == 0
}

// predictions compares what was answered: classes where there are several, else
// the score.
//
// A binary task keeps the comparison of its probability, which says more than
// two counts do, and shows the counts beside it. With more classes the
// probability is that of whichever class was predicted, so the classes are what
// is compared.
func (j *judge) predictions(w *window, random *rand.Rand) Predictions {
	k := len(j.layout.columns)
	out := Predictions{Column: j.column(w, k, &j.layout.score, random), ReferenceRows: j.reference.Score.Rows}
	if label := &j.layout.label; label.profile != nil {
		classes := j.column(w, k+1, label, random)
		out.Labels = classes.Histogram
		out.Column.Histogram = j.probabilities(w)
		if label.full > 2 {
			classes.Mean, classes.Std, classes.Histogram = out.Mean, out.Std, out.Column.Histogram
			out.Column = classes
		}
	}
	return out
}

// missingShares compares the shares of missing values, by Fisher's exact test
// and by the Jensen-Shannon distance.
//
// The distance and the p-value answer different questions, how much and how
// surely; a verdict takes both. There is no p-value where no side misses a
// value.
func missingShares(p *Profile, rows, missing int64) Missing {
	var m Missing
	if p.Rows > 0 {
		m.Reference = float64(p.Missing) / float64(p.Rows)
	}
	if rows > 0 {
		m.Current = float64(missing) / float64(rows)
	}
	m.Distance = statistic.JensenShannon([]int64{p.Missing, p.Rows - p.Missing}, []int64{missing, rows - missing})
	if all := p.Missing + missing; all > 0 {
		more, fewer := statistic.Tails(missing, all, rows, p.Rows+rows)
		smaller := statistic.Smallest([]statistic.Tail{more, fewer})
		m.PValue = &smaller
	}
	return m
}

// unseen says which categories the reference does not have.
//
// The share is of the values that are there. Names are shown only where there
// are some; a boolean has none that are new.
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
	note := fmt.Sprintf("%.1f %% of the values were never seen in training",
		100*float64(n)/float64(w.rows-w.missing[k]))
	if p.Type == plan.Boolean || len(names) == 0 {
		return note
	}
	for i, n := range names[:min(len(names), 3)] {
		names[i] = shorten(n)
	}
	return note + ", such as " + strings.Join(names[:min(len(names), 3)], ", ")
}

// join puts two notes into one line; either may be empty.
func join(a, b string) string {
	if a == "" || b == "" {
		return cmp.Or(a, b)
	}
	return a + "; " + b
}
