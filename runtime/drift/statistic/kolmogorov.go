package statistic

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// kolmogorov returns P(D > d) of the two-sided one-sample Kolmogorov-Smirnov
// statistic D of n rows, scipy's kstwo.sf. Which method is fit for which n and d
// is worked out in R. Simard and P. L'Ecuyer, "Computing the Two-Sided
// Kolmogorov-Smirnov Distribution", Journal of Statistical Software 39 (2011).
//
// The order of the cases matters: a case may rely on all before it not holding.
// The bounds, in n d and n d^2, are scipy's, which follow the paper: each is
// where the next method is faster or keeps more digits. Where the lower tail is
// computed, 1 minus it still has enough digits, as the upper tail is not small
// there.
func kolmogorov(n int, d float64) float64 {
	nd := float64(n) * d
	nd2 := nd * d
	switch {
	case n < 1 || d <= 0 || nd <= 0.5:
		return 1
	case d >= 1:
		return 0
	case nd <= 1:
		return 1 - lowest(n, nd)
	case nd >= float64(n)-1:
		return 2 * math.Pow(1-d, float64(n))
	case d >= 0.5, n <= 140 && nd2 > 4:
		return 2 * smirnov(n, d)
	case n <= 140 && nd2 <= 0.754693:
		return 1 - durbin(n, d)
	case n <= 140:
		return 1 - pomeranz(n, d)
	case nd2 >= 370:
		return 0
	case nd2 >= 2.2:
		return 2 * smirnov(n, d)
	case n <= 100_000 && float64(n)*math.Pow(d, 1.5) <= 1.4:
		return 1 - durbin(n, d)
	default:
		return 1 - pelzGood(n, d)
	}
}

// lowest is P(D <= d) for 1/2 < nd <= 1: n! (2d - 1/n)^n. Ruben and Gambino.
func lowest(n int, nd float64) float64 {
	p := 1.0
	for i := 1; i <= n && p > 0; i++ {
		p *= float64(i) / float64(n) * (2*nd - 1)
	}
	return p
}

// durbin is P(D <= d) by Durbin's matrix: an entry of n!/n^n H^n, H of 2k-1 rows
// with k = ceil(nd). G. Marsaglia, W. Tsang and J. Wang, "Evaluating
// Kolmogorov's Distribution", Journal of Statistical Software 8 (2003).
func durbin(n int, d float64) float64 {
	nd := float64(n) * d
	k := int(math.Ceil(nd))
	// The matrix is raised by repeated squaring, in about 2 log2(n) products of
	// (2k-1)^3 each. Entries grow beyond float64 on the way, so a power of two
	// is divided out and its exponent kept beside.
	power := mat.NewDense(2*k-1, 2*k-1, nil)
	for i := range 2*k - 1 {
		power.Set(i, i, 1)
	}
	h, exponent, hExponent := durbinMatrix(k, float64(k)-nd), 0, 0
	for left := n; left > 0; left /= 2 {
		if left%2 == 1 {
			next := new(mat.Dense)
			next.Mul(power, h)
			power = next
			exponent += hExponent
		}
		next := new(mat.Dense)
		next.Mul(h, h)
		h = next
		hExponent *= 2
		if math.Abs(h.At(k-1, k-1)) > 0x1p128 {
			h.Scale(0x1p-128, h)
			hExponent += 128
		}
	}
	p := power.At(k-1, k-1)
	// n!/n^n is multiplied factor by factor, since n! alone overflows from n =
	// 171 on.
	for i := 1; i <= n; i++ {
		if p = p * float64(i) / float64(n); p < 0x1p-128 {
			p *= 0x1p128
			exponent -= 128
		}
	}
	return math.Ldexp(p, exponent)
}

// durbinMatrix makes H for nd = k - h.
//
// It is (2k-1) square: 1/(i-j+1)! on and below the first superdiagonal, but the
// first column and the last row, which are corrected for the fraction h, and
// the corner, which is corrected for both. Its last row is its first column
// reversed.
func durbinMatrix(k int, h float64) *mat.Dense {
	m := 2*k - 1
	inverse := make([]float64, m+1) // 1/j!
	inverse[0] = 1
	for j := 1; j <= m; j++ {
		inverse[j] = inverse[j-1] / float64(j)
	}
	out := mat.NewDense(m, m, nil)
	for i := range m {
		for j := range min(i+2, m) {
			out.Set(i, j, inverse[i-j+1])
		}
	}
	for i := range m - 1 {
		v := (1 - math.Pow(h, float64(i+1))) * inverse[i+1]
		out.Set(i, 0, v)
		out.Set(m-1, m-1-i, v)
	}
	corner := 1 - 2*math.Pow(h, float64(m)) + math.Pow(max(2*h-1, 0), float64(m))
	out.Set(m-1, 0, corner*inverse[m])
	return out
}

// pomeranz is P(D <= d) by J. Pomeranz, "Algorithm 487", Communications of the
// ACM 17 (1974): 2n+1 convolutions with Poisson terms, of which only a band of
// 2nd entries is not 0. Best for the middle of the distribution and small n.
//
// row holds entries from..from+size-1 of the current row; entries outside are
// 0. The sums are scaled by powers of two as they vanish, and the factor n! at
// the end brings them back.
func pomeranz(n int, d float64) float64 {
	nd := float64(n) * d
	whole := int(nd)
	f := nd - float64(whole)
	g := min(f, 1-f)
	size := 2 * (whole + 1)
	outer := poisson(g/float64(n), size)
	odd := poisson(2*g/float64(n), size)
	even := poisson((1-2*g)/float64(n), size)
	row, from := make([]float64, size), 0
	row[0] = 1
	exponent := 0
	for i := 1; i <= 2*n+1; i++ {
		terms := even
		if i%2 == 1 {
			terms = odd
		}
		if i == 1 || i == 2*n+1 {
			terms = outer
		}
		lo, hi := pomeranzBand(i, n, whole, f)
		next, most := make([]float64, size), 0.0
		for j := lo; j <= hi && j-lo < size; j++ {
			for k := max(from, j-size+1); k <= j && k-from < size; k++ {
				next[j-lo] += row[k-from] * terms[j-k]
			}
			most = max(most, next[j-lo])
		}
		if most > 0 && most < 0x1p-128 {
			for j := range next {
				next[j] *= 0x1p128
			}
			exponent -= 128
		}
		row, from = next, lo
	}
	p := row[n-from]
	for i := 1; i <= n; i++ {
		if p *= float64(i); p > 0x1p128 {
			p *= 0x1p-128
			exponent += 128
		}
	}
	return math.Ldexp(p, exponent)
}

// pomeranzBand returns the first and the last entry of row i that can differ from 0.
//
// whole and f are the integer part and the fraction of n d. The bounds are
// those of Simard and L'Ecuyer's equations for A_i, with their floors and
// ceilings worked out for the three kinds of rows, and cut to what is inside
// the matrix.
func pomeranzBand(i, n, whole int, f float64) (lo, hi int) {
	up, half := 0, 0
	if f > 0 {
		up = 1
	}
	if f > 0.5 {
		half = 1
	}
	mid := (i+1)/2 - 1
	switch {
	case i%2 == 0:
		lo, hi = mid-whole-1, mid+whole+half
	case mid == n:
		lo, hi = n-whole-up-1, n+whole+up-1
	default:
		lo, hi = mid-whole-half-1, mid+whole+up-1
	}
	return max(lo+2, 0), min(hi, n)
}

// poisson returns x^m/m! for m below size.
//
// The factor exp(-x) of a Poisson probability is left out: in the paper the
// factors of all rows multiply to exp(-n), which cancels with the exp(n) in
// front. The callers divide the paper's arguments by n, which gives its factor
// n^-n.
func poisson(x float64, size int) []float64 {
	out := make([]float64, size)
	out[0] = 1
	for m := 1; m < size; m++ {
		out[m] = out[m-1] * x / float64(m)
	}
	return out
}
