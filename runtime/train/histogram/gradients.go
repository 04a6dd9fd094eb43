package histogram

import "math"

// span is how many rows one packed sum may hold before it is spread out: small
// enough to leave 16 bits to a gradient, large enough to make spreading rare.
const span = 1 << 15

// bias is what makes any gradient in units positive, and so small that adding it
// loses next to nothing of the fraction.
const bias = 1 << 41

// Gradients are the first and second derivatives of the loss a row, rounded to
// whole multiples of a unit and packed into one integer each: the gradient in
// the upper bits, the hessian below Shift. One addition sums both, exactly and
// in any order. Rounding keeps at least 16 bits of the largest gradient, and 31
// where the hessian is constant; gradients of a few bits are known to do
// (Shi et al., Quantized Training of Gradient Boosting Decision Trees, 2022).
type Gradients struct {
	Packed []int64
	Shift  uint
	// Gradient and Hessian are the units: what a difference of 1 stands for.
	Gradient, Hessian float64
	// Most is the largest hessian a row in units; a row's is at least 1.
	Most int64
}

// Pack rounds and packs derivatives. A nil hess means that every hessian is 1.
// The hessians must not be negative.
//
// Units follow from the largest derivative of this iteration, so precision is
// kept as gradients shrink. The limits make a sum of span rows fit its bits:
// Most times rows fits 32 bits, and levels times rows the bits above Shift with
// the sign.
func (g *Gradients) Pack(grad, hess []float64, workers int) {
	if len(g.Packed) != len(grad) {
		g.Packed = make([]int64, len(grad))
	}
	rows := int64(min(span, len(grad)))
	if hess == nil {
		g.Shift, g.Hessian, g.Most = 16, 1, 1
	} else {
		g.Shift = 32
		g.Most = (1<<32 - 1) / rows
		g.Hessian = unit(largest(hess, workers), g.Most)
	}
	levels := min((int64(1)<<(63-g.Shift)-1)/rows, bias/2)
	g.Gradient = unit(largest(grad, workers), levels)
	Spans(workers, len(grad), func(_, from, to int) { g.pack(grad, hess, from, to) })
}

// A hessian of at least 1 unit is what lets an empty code be told by a sum of
// 0.
func (g *Gradients) pack(grad, hess []float64, from, to int) {
	perG, perH := 1/g.Gradient, 1/g.Hessian
	packed := g.Packed[from:to]
	for i, v := range grad[from:to] {
		h := int64(1)
		if hess != nil {
			h = max(1, int64(hess[from+i]*perH+0.5))
		}
		// Truncation rounds down what is not negative: to the nearest, ties up.
		packed[i] = (int64(v*perG+(bias+0.5))-bias)<<g.Shift + h
	}
}

// unit returns the size of a step that makes the largest value levels steps.
func unit(largest float64, levels int64) float64 {
	if largest == 0 {
		return 1
	}
	// A little more than the quotient, so that the largest value cannot round
	// to one step beyond.
	return max(largest/float64(levels)*(1+1e-9), math.SmallestNonzeroFloat64*1e20)
}

// largest returns the greatest absolute value.
func largest(values []float64, workers int) float64 {
	workers = max(1, min(Workers(workers), len(values)))
	found := make([]float64, workers)
	Spans(workers, len(values), func(w, from, to int) {
		// Bits of positive numbers order as the numbers do, and integers compare
		// without a branch.
		most := uint64(0)
		for _, v := range values[from:to] {
			most = max(most, math.Float64bits(v)&^(1<<63))
		}
		found[w] = math.Float64frombits(most)
	})
	most := 0.0
	for _, v := range found {
		most = max(most, v)
	}
	return most
}
