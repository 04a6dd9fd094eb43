package drift

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/ashlar-dev/ashlar/runtime/drift/statistic"
)

const (
	histogramBins   = 16
	histogramLabels = 12
	labelBytes      = 40
)

// numberHistogram counts both samples over equally wide bins between their 1st
// and 99th percentiles, so that a single far value does not flatten the picture,
// or, where values make labels, a bin a value if there are few.
//
// The samples are those as they were gathered, not divided by a power of two as
// comparison's may be: the edges are shown to people.
func numberHistogram(reference, current statistic.Sample, label bool) *Histogram {
	if reference.N+current.N == 0 {
		return nil
	}
	if label && max(reference.Distinct(histogramLabels+1), current.Distinct(histogramLabels+1)) <= histogramLabels {
		if h := valueHistogram(reference, current); len(h.Labels) <= histogramLabels {
			return h
		}
	}
	var ends []float64
	for _, s := range []statistic.Sample{reference, current} {
		if s.N > 0 {
			ends = append(ends, s.Quantile(0.01), s.Quantile(0.99))
		}
	}
	low, high := slices.Min(ends), slices.Max(ends)
	if low == high {
		half := math.Abs(low) / 2 // as wide as the value says, so that it is seen in any unit
		if half == 0 {
			half = 0.5
		}
		low, high = low-half, high+half
	}
	return binHistogram(reference, current, statistic.Linear(low, high, histogramBins))
}

// binHistogram puts what lies beyond the outer edges into the outer bins.
//
// It returns nil where rounding has made edges equal to one another as a whole
// or put them out of order, for a picture is not worth an error.
func binHistogram(reference, current statistic.Sample, edges []float64) *Histogram {
	if !slices.IsSorted(edges) || edges[0] == edges[len(edges)-1] {
		return nil // too narrow or too wide a range for floats to divide
	}
	return &Histogram{Edges: edges, Reference: reference.Spread(edges), Current: current.Spread(edges)}
}

// valueHistogram counts each distinct value. align and the labels below go
// through the same distinct values in the same ascending order, so the three
// slices fit.
func valueHistogram(reference, current statistic.Sample) *Histogram {
	h := &Histogram{}
	h.Reference, h.Current = statistic.Align(reference, current)
	values := slices.Concat(reference.Values, current.Values)
	slices.Sort(values)
	for _, v := range slices.Compact(values) {
		h.Labels = append(h.Labels, numberLabel(v))
	}
	return h
}

// numberLabel writes whole numbers in full and others to six digits.
func numberLabel(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e12 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// probabilities counts scores over tenths.
//
// It overwrites the judge's buffer, so it is called after all columns of
// numbers were compared.
func (j *judge) probabilities(w *window) *Histogram {
	j.buffer = w.numbers(j.layout.score.slot, j.buffer[:0])
	j.buffer = j.sorter.Sort(j.buffer, j.buffer)
	return binHistogram(j.layout.score.profile.sample(), statistic.Sorted(j.buffer), statistic.Linear(0, 1, 10))
}

// categoryHistogram shows the most frequent categories and the rest together.
// Small sets keep their order.
//
// Categories are weighed by their shares and not by their counts, or the larger
// side alone would say which are shown. The three slices have an entry a
// category each.
func categoryHistogram(labels []string, reference, current []int64) *Histogram {
	var order []int
	for i := range labels {
		if reference[i]+current[i] > 0 {
			order = append(order, i)
		}
	}
	if len(order) > histogramLabels {
		nr, nc := max(statistic.Total(reference), 1), max(statistic.Total(current), 1)
		weight := func(i int) float64 { return float64(reference[i])/nr + float64(current[i])/nc }
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(weight(b), weight(a)) })
	}
	h := &Histogram{}
	for _, i := range order[:min(len(order), histogramLabels)] {
		h.Labels = append(h.Labels, shorten(labels[i]))
		h.Reference, h.Current = append(h.Reference, reference[i]), append(h.Current, current[i])
	}
	if len(order) > histogramLabels {
		var r, c int64
		for _, i := range order[histogramLabels:] {
			r, c = r+reference[i], c+current[i]
		}
		h.Labels = append(h.Labels, "the rest")
		h.Reference, h.Current = append(h.Reference, r), append(h.Current, c)
	}
	return h
}

// shorten cuts a name for showing.
//
// The cut is between characters, and the result has at most labelBytes bytes,
// the ellipsis included.
func shorten(name string) string {
	if len(name) <= labelBytes {
		return name
	}
	at := 0
	for i := range name {
		if i > labelBytes-len("…") {
			break
		}
		at = i
	}
	return name[:at] + "…"
}
