package validate

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/validate/spill"
)

// divergence is the Kullback-Leibler divergence of the data from a partition, in
// nats, of which no more than the threshold is expected (null allows any): of
// the shares of values from those of {values, weights}, or of a histogram from
// {bins, weights, tail_weights}. Weight held out for what the
// partition does not foresee keeps it finite: tail_weight_holdout for other
// values or for both tails, internal_weight_holdout for bins of no weight.
//
// The prepared measure returns counts and not shares, as relativeEntropy brings
// both sides to a sum of 1. A value that the partition gives no weight makes
// the divergence infinite: such a result has no observed value and says what to
// set.
func divergence(rq *request) verdict {
	c := rq.column()
	rq.need("partition_object")
	threshold := rq.number("threshold")
	if _, ok := rq.expectation.Kwargs["threshold"]; !ok {
		rq.say("threshold is missing")
	}
	tail, internal := rq.share("tail_weight_holdout", 0), rq.share("internal_weight_holdout", 0)
	if tail+internal >= 1 {
		rq.say("tail_weight_holdout and internal_weight_holdout leave no weight to the partition")
	}
	m, _ := want[map[string]any](rq, "partition_object", "{values, weights} or {bins, weights}")
	var measure func(context.Context, *seen, *Result) (observed, expected []float64, err error)
	if _, ok := m["values"]; ok {
		if internal > 0 {
			rq.say("internal_weight_holdout is for bins, not for values")
		}
		measure = rq.valueShares(c, m, tail)
	} else {
		measure = rq.binShares(c, m, tail, internal)
	}
	return func(ctx context.Context, s *seen, r *Result) error {
		observed, expected, err := measure(ctx, s, r)
		if err != nil {
			return err
		}
		if r.MissingCount == s.rows {
			r.Reason = nothing(c)
			return nil
		}
		v := relativeEntropy(observed, expected)
		r.Success = threshold == nil || v <= *threshold
		if !r.observe(v, fmt.Sprintf("divergence %.4g", v)) {
			r.Reason = "the partition gives no weight to what is in the data: set tail_weight_holdout or internal_weight_holdout"
		}
		return nil
	}
}

// relativeEntropy is Σ p ln(p/q) of p and q brought to a sum of 1, as
// scipy.stats.entropy has it.
//
// Terms of p = 0 are 0 by the limit. q = 0 with p > 0 gives +Inf.
func relativeEntropy(p, q []float64) float64 {
	var sumP, sumQ, out float64
	for i := range p {
		sumP += p[i]
		sumQ += q[i]
	}
	for i := range p {
		if p[i] > 0 {
			out += float64(p[i] / sumP * math.Log(p[i]/sumP/(q[i]/sumQ))) // not fused, wherever it runs
		}
	}
	return out
}

// weights reads weights that add up to 1, more ones included.
//
// The tolerance is that of numpy.isclose, which Great Expectations compares by.
func (rq *request) weights(m map[string]any, fields ...string) [][]float64 {
	out, sum := make([][]float64, len(fields)), 0.0
	for i, f := range fields {
		if v, ok := m[f]; ok || f == "weights" {
			out[i] = rq.numbers("partition_object."+f, v)
		}
		for _, w := range out[i] {
			if sum += w; w < 0 {
				rq.say("partition_object.%s: a weight is negative", f)
			}
		}
	}
	if !(math.Abs(sum-1) <= 1e-5+1e-8) {
		rq.say("partition_object: the weights add up to %s, want 1", numberText(sum))
	}
	return out
}

// fields notes what of the partition is not known.
func (rq *request) fields(m map[string]any, known ...string) {
	for k := range m {
		if !slices.Contains(known, k) {
			rq.say("partition_object: there is no field %q", k)
		}
	}
}

// binShares prepares the shares of a histogram with a tail on either side.
//
// counts has a place below the first edge, one for each bin and one above the
// last edge: both results have that length.
func (rq *request) binShares(c *columnRef, m map[string]any, tail, internal float64) func(context.Context, *seen,
	*Result) (p, q []float64, err error) {
	if coded(c.spec) {
		rq.say("column %s is a %s: want a partition of values", c.name, c.spec.Type)
	}
	rq.fields(m, "bins", "weights", "tail_weights")
	lists := rq.weights(m, "weights", "tail_weights")
	bins, weights, tails := rq.numbers("partition_object.bins", m["bins"]), lists[0], lists[1]
	if len(bins) != len(weights)+1 || len(weights) == 0 || !slices.IsSorted(bins) ||
		len(slices.Compact(slices.Clone(bins))) != len(bins) {
		rq.say("partition_object: want one more bin edge than weights, in increasing order")
	}
	if m["tail_weights"] != nil && len(tails) != 2 {
		rq.say("partition_object.tail_weights: want two, found %d", len(tails))
		tails = nil
	}
	if tails == nil {
		tails = []float64{tail / 2, tail / 2}
	}
	h := ask(rq.prepared, "", func(*spill.Room) *histogram {
		return &histogram{column: rq.finder(c.name), edges: bins, counts: make([]int64, len(bins)+1)}
	})
	return func(_ context.Context, s *seen, r *Result) (p, q []float64, err error) {
		counts := h.of(s).counts
		r.MissingCount = s.rows
		for _, n := range counts {
			p = append(p, float64(n))
			r.MissingCount -= n
		}
		return p, slices.Concat(tails[:1], heldOut(weights, tail, internal), tails[1:]), nil
	}
}

// heldOut scales weights down to what is not held out and shares the internal
// weight among those of none.
//
// A bin of no weight implies none > 0, so the division is never by 0 where it
// happens.
func heldOut(weights []float64, tail, internal float64) []float64 {
	none := 0
	for _, w := range weights {
		if w == 0 {
			none++
		}
	}
	out := make([]float64, len(weights))
	for i, w := range weights {
		if out[i] = w * (1 - tail - internal); w == 0 {
			out[i] = internal / float64(none)
		}
	}
	return out
}

// histogram counts values below the edges, in the bins between them, the last
// with both its edges, and above.
type histogram struct {
	column *finder
	edges  []float64
	counts []int64
}

// An edge belongs to the bin that it begins, but for the last edge, which
// belongs to the last bin. BinarySearch returns the place of an edge that is
// found, which is the bin that ends there.
func (m *histogram) see(f *dataset.Frame) error {
	last := len(m.edges) - 1
	for _, v := range m.column.in(f).Floats {
		if v != v {
			continue
		}
		at, found := slices.BinarySearch(m.edges, v)
		if found && at < last {
			at++
		}
		m.counts[at]++
	}
	return nil
}

func (m *histogram) merge(other measure) {
	o, _ := other.(*histogram)
	for i, n := range o.counts {
		m.counts[i] += n
	}
}
