package moment

import (
	"math"
	"math/big"
)

// precision is how many bits the one division and the root are done in; 53 are
// kept.
const precision = 256

// Sum returns the sum rounded once, infinite or NaN as addition would have it.
func (m *Moments) Sum() float64 {
	if v, ok := m.beyond(); ok {
		return v
	}
	sum, _ := m.totals()
	return nearest(sum, big.NewInt(1), unit)
}

// Mean returns the arithmetic mean, NaN of no values.
func (m *Moments) Mean() float64 {
	if v, ok := m.beyond(); ok {
		return v
	}
	if m.finite == 0 {
		return math.NaN()
	}
	sum, _ := m.totals()
	return nearest(sum, big.NewInt(m.finite), unit)
}

// Stdev returns the sample standard deviation, sqrt((nQ - S²) / n(n-1)) for the
// exact sum S and sum of squares Q of n values (ddof 1), NaN of fewer than two
// or of infinite values.
func (m *Moments) Stdev() float64 {
	if _, ok := m.beyond(); ok || m.finite < 2 {
		return math.NaN()
	}
	sum, squares := m.totals()
	n := big.NewInt(m.finite)
	top := squares.Mul(squares, n)
	top.Sub(top, sum.Mul(sum, sum))
	if top.Sign() <= 0 {
		return 0
	}
	below := new(big.Int).Mul(n, big.NewInt(m.finite-1))
	v := quotient(top, below, 2*unit)
	f, _ := v.Sqrt(v).Float64()
	return f
}

// beyond returns what infinite values make of a sum.
func (m *Moments) beyond() (float64, bool) {
	switch {
	case m.positive > 0 && m.negative > 0:
		return math.NaN(), true
	case m.positive > 0:
		return math.Inf(1), true
	case m.negative > 0:
		return math.Inf(-1), true
	}
	return 0, false
}

// nearest returns the float64 nearest to a / b / 2^scale.
//
// big.Rat rounds once, half to even, and gives an infinity only beyond the
// largest float64.
func nearest(a, b *big.Int, scale int) float64 {
	f, _ := new(big.Rat).SetFrac(a, new(big.Int).Lsh(b, uint(scale))).Float64()
	return f
}

// quotient is a / b / 2^scale to 256 bits.
func quotient(a, b *big.Int, scale int) *big.Float {
	x := new(big.Float).SetPrec(precision).SetInt(a)
	y := new(big.Float).SetPrec(precision).SetInt(b)
	x.Quo(x, y)
	return x.SetMantExp(x, -scale)
}
