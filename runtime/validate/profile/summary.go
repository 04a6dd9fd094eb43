package profile

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/validate/spill"
)

const (
	topValues = 10
	bins      = 20
)

// quantiles are those that a profile tells.
func quantiles() []float64 { return []float64{0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99} }

// Column returns the figures and the state of all that has been seen.
//
// The sketch may go on after it, but for Texts; see state. An estimate of
// distinct values is never told as more than there are values.
func (s *Sketch) Column() Column {
	out := Column{
		Name: s.name, Type: s.spec.Type, Sensitive: s.spec.Sensitive, Count: s.count, Missing: s.missing,
		Distinct: int64(max(s.cells.used, len(s.texts))), DistinctExact: true, State: s.state(),
	}
	if rows := s.count + s.missing; rows > 0 {
		out.MissingPercent = 100 * float64(s.missing) / float64(rows)
	}
	if s.distinct != nil {
		out.Distinct, out.DistinctExact = min(s.distinct.estimate(), s.count), false
	}
	if s.coded() {
		out.Top = s.top(textCounts(s.texts))
		return out
	}
	out.Mean, out.Stdev = finite(s.moments.Mean()), finite(s.moments.Stdev())
	list := s.cells.list()
	var n int64
	for _, x := range list {
		n += x.count
	}
	if out.Infinite = s.count - n; n == 0 {
		return out
	}
	if !s.spec.Sensitive {
		out.Min, out.Max = digits(s.spec.Type, s.min, s.minLow), digits(s.spec.Type, s.max, s.maxLow)
	}
	if s.cells.shift > 0 {
		out.QuantileError = math.Ldexp(1, int(s.cells.shift)-52)
	} else if !s.spec.Sensitive {
		out.Top = s.top(s.numberCounts(list))
	}
	// The nearest rank, halves to the even one, as numpy's method "nearest" and
	// as package validate's quantiles.
	for _, q := range quantiles() {
		out.Quantiles = append(out.Quantiles, Quantile{q, s.at(list, int64(math.RoundToEven(float64(n-1)*q)))})
	}
	out.Histogram = s.histogram(list)
	return out
}

func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// edges are where the cell's values can lie.
//
// The outer cells are narrowed to the least and greatest value. A cell may
// reach beyond the largest float64, where its bound is an infinity or NaN; the
// comparisons are written so that NaN fails them too.
func (s *Sketch) edges(x cell) (low, high float64) {
	low, high = s.cells.bounds(x.key)
	if !s.spec.Sensitive {
		low, high = max(low, s.min), min(high, s.max)
	}
	if !(high <= math.MaxFloat64) {
		high = math.MaxFloat64
	}
	if !(low >= -math.MaxFloat64) {
		low = -math.MaxFloat64
	}
	return low, high
}

// at returns the value of a rank, as if a cell's values were spread evenly.
//
// The list must hold more values than rank; a cell of one number gives that
// number.
func (s *Sketch) at(list []cell, rank int64) float64 {
	for _, x := range list {
		if rank < x.count {
			low, high := s.edges(x)
			share := (float64(rank) + 0.5) / float64(x.count)
			return mixed(low, high, share)
		}
		rank -= x.count
	}
	return s.max
}

// mixed lies that share of the way from low to high. The conversions keep a
// machine from fusing what another rounds.
func mixed(low, high, share float64) float64 {
	if low == high { // the sum of the two parts may be off by a last digit
		return low
	}
	return float64(low*(1-share)) + float64(high*share)
}

// histogram puts each cell as a whole into the bin of its middle, which is
// exact while cells are numbers. Edges come from mixed, so that they do not
// depend on the machine.
func (s *Sketch) histogram(list []cell) *Histogram {
	low, _ := s.edges(list[0])
	_, high := s.edges(list[len(list)-1])
	if low == high {
		return &Histogram{Edges: []float64{low, high}, Counts: []int64{s.total(list)}}
	}
	h := &Histogram{Counts: make([]int64, bins)}
	for i := range bins + 1 {
		share := float64(i) / bins
		h.Edges = append(h.Edges, mixed(low, high, share))
	}
	for _, x := range list {
		a, b := s.edges(x)
		at, found := slices.BinarySearch(h.Edges, a/2+b/2)
		if !found {
			at--
		}
		h.Counts[min(max(at, 0), bins-1)] += x.count
	}
	return h
}

func (s *Sketch) total(list []cell) (n int64) {
	for _, x := range list {
		n += x.count
	}
	return n
}

// top returns the most frequent first, and of equals the smaller text.
//
// The result is a copy, or the few would keep all of them in memory.
func (s *Sketch) top(all []Frequent) []Frequent {
	slices.SortFunc(all, func(a, b Frequent) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	all = all[:min(len(all), topValues)]
	for i := range all {
		all[i].Percent = 100 * float64(all[i].Count) / float64(s.count)
	}
	return slices.Clone(all)
}

func textCounts(texts map[string]int64) []Frequent {
	var out []Frequent
	for _, text := range slices.Sorted(maps.Keys(texts)) {
		out = append(out, Frequent{Value: text, Count: texts[text]})
	}
	return out
}

// numberCounts writes numbers as package validate does: in full where that is
// readable.
func (s *Sketch) numberCounts(list []cell) []Frequent {
	var out []Frequent
	for _, x := range list {
		v := spill.Number(x.key).Value()
		text := strconv.FormatFloat(v, 'f', -1, 64)
		if a := math.Abs(v); !s.spec.Type.Numeric() || a != 0 && (a < 1e-6 || a >= 1e16) {
			c := dataset.Column{Type: s.spec.Type, Floats: []float64{v}}
			text = c.Value(0)
		}
		out = append(out, Frequent{Value: text, Count: x.count})
	}
	return out
}
