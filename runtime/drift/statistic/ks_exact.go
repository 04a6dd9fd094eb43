package statistic

import "math"

// ksExact returns the exact two-sided p-value of a distance d between samples of
// n1 and n2 rows, and the distance rounded to the fraction it must be.
//
// The order in which two samples of one distribution interleave is a lattice
// path from (0, 0) to (n1, n2), each as likely as any other; the p-value is the
// share of paths that leave the band around the diagonal. J.L. Hodges, "The
// Significance Probability of the Smirnov Two-Sample Test", Arkiv för Matematik
// 3 (1958).
//
// h is the distance in units of 1/lcm, which every possible distance is a whole
// multiple of; d carries a rounding error, and h none. lcm is at most 1e8 for
// samples of up to 10,000 rows.
func ksExact(n1, n2 int, d float64) Tested {
	g := gcd(n1, n2)
	lcm := n1 / g * n2
	h := int(math.RoundToEven(d * float64(lcm)))
	out := Tested{Statistic: float64(h) / float64(lcm), PValue: 1}
	switch {
	case h == 0:
	case n1 == n2:
		out.PValue = outsideSquare(n1, h)
	default:
		out.PValue = outsideBand(max(n1, n2), min(n1, n2), g, h)
	}
	out.PValue = min(max(out.PValue, 0), 1)
	return out
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// outsideSquare is the share of paths from (0, 0) to (n, n) that touch x-y = h or
// x-y = -h: by reflection 2(B1 - B2 + B3 - ...) with Bk = C(2n, n-kh)/C(2n, n),
// summed from the inside out to keep the digits.
//
// The alternating sum is nested as p = factor (1 - p), which is Horner's
// scheme.
func outsideSquare(n, h int) float64 {
	p := 0.0
	for k := n / h; k >= 0; k-- {
		factor := 1.0
		for j := range h {
			factor = float64(n-k*h-j) * factor / float64(n+k*h+j+1)
		}
		p = factor * (1 - p)
	}
	return 2 * p
}

// outsideBand is the share of paths from (0, 0) to (m, n), m > n, that reach
// |x/m - y/n| >= h/lcm(m, n); g is gcd(m, n). It fills the lattice column by
// column: the share at (x, y) is the mean of those at (x-1, y) and (x, y-1)
// weighted x to y, and 1 outside the band. Only the part of a column inside the
// band is kept, in share[:hi-lo] for lo <= y < hi.
//
// The time is m times the width of the band, and the memory one column of it.
// Working on shares rather than on counts of paths keeps the numbers between 0
// and 1, where counts would overflow.
func outsideBand(m, n, g, h int) float64 {
	mg, ng := m/g, n/g
	lo, hi := 0, min(ceilDiv(h, mg), n+1)
	share := make([]float64, n+2)
	for x := 1; x <= m; x++ {
		// Both bounds of the band move up with x, so the new column can be
		// written over the old one: share[y-lo] is written after
		// share[y-before] was read, and lo >= before.
		before, beforeHi := lo, hi
		lo = min(max(floorDiv(ng*x-h, mg)+1, 0), n)
		hi = min(ceilDiv(ng*x+h, mg), n+1)
		// The band is empty here, so every path leaves it.
		if hi <= lo {
			return 1
		}
		below := 1.0 // at (x, lo-1), which is outside
		if lo == 0 {
			below = 0
		}
		for y := lo; y < hi; y++ {
			left := 1.0
			if y < beforeHi {
				left = share[y-before]
			}
			below = (left*float64(x) + below*float64(y)) / float64(x+y)
			share[y-lo] = below
		}
	}
	return share[hi-lo-1]
}

func ceilDiv(a, b int) int { return -floorDiv(-a, b) }

// floorDiv rounds towards minus infinity; b is positive.
func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
