package histogram

import "math"

// sampleRows is how many rows at most the edges are learnt from; more would
// move a quantile by less than a tenth of a bin.
const sampleRows = 200_000

// Edges returns the ascending edges that part the column's values at the given
// rows into at most bins bins of about equal weight, a bin a distinct value
// where that suffices. Missing values do not count; +Inf and -Inf are ordinary
// values. Where there are very many rows, evenly spaced ones stand for all.
//
// The result is nil where there are fewer than two distinct values: the feature
// then has one value bin and cannot split but by what is missing. Its memory
// belongs to the caller.
func Edges(column []float64, rows []int32, bins int) []float64 {
	keys := make([]uint64, 0, min(len(rows), sampleRows))
	// A fixed step and not a random sample, so that edges need no seed.
	step := max(1, float64(len(rows))/sampleRows)
	for i := 0.0; int(i) < len(rows); i += step {
		if v := column[rows[int(i)]]; v == v {
			keys = append(keys, key(v))
		}
	}
	keys = sortKeys(keys, make([]uint64, len(keys)))
	distinct, counts := runs(keys)
	if len(distinct) < 2 {
		return nil
	}
	if len(distinct) <= bins {
		edges := make([]float64, 0, len(distinct)-1)
		for i := 1; i < len(distinct); i++ {
			edges = append(edges, Between(distinct[i-1], distinct[i]))
		}
		return edges
	}
	return quantiles(distinct, counts, len(keys), bins)
}

// quantiles fills one bin after another up to its share of the rows that are
// left, so that a value heavier than a bin costs the others nothing.
//
// The share is computed again after each bin from what is left: a heavy value
// takes more than its share, and those after it divide the rest evenly.
func quantiles(distinct []float64, counts []int, total, bins int) []float64 {
	edges := make([]float64, 0, bins-1)
	left, filled := total, 0
	for i := 0; i+1 < len(distinct) && len(edges) < bins-1; i++ {
		filled += counts[i]
		share := float64(left) / float64(bins-len(edges))
		// Close the bin when the next value would overshoot by more than
		// stopping here falls short.
		if float64(filled)+float64(counts[i+1])/2 < share {
			continue
		}
		edges = append(edges, Between(distinct[i], distinct[i+1]))
		left -= filled
		filled = 0
	}
	return edges
}

// runs returns the distinct values of sorted keys and how often each occurs.
//
// Two passes, so that the slices have their exact length: edges are computed
// for every feature at once, and the distinct values may be as many as the
// rows.
func runs(sorted []uint64) (distinct []float64, counts []int) {
	different := min(1, len(sorted))
	for i := 1; i < len(sorted); i++ {
		if sorted[i] != sorted[i-1] {
			different++
		}
	}
	distinct, counts = make([]float64, 0, different), make([]int, 0, different)
	for i, k := range sorted {
		if i > 0 && k == sorted[i-1] {
			counts[len(counts)-1]++
			continue
		}
		distinct = append(distinct, value(k))
		counts = append(counts, 1)
	}
	return distinct, counts
}

// Between returns a number t with low <= t < high, the middle where there is
// one, finite where one end is: the threshold that parts the two values.
//
// Halves are added rather than the sum halved, which could overflow. Where the
// two are neighbouring floats there is nothing between them and low itself
// parts them, as the comparison is <=.
func Between(low, high float64) float64 {
	t := low/2 + high/2
	switch {
	case math.IsInf(low, -1):
		t = -math.MaxFloat64
	case math.IsInf(high, 1):
		t = math.MaxFloat64
	}
	if t < low || t >= high {
		return low
	}
	return t
}
