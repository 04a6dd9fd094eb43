package statistic

import "math"

// pelzGood is P(D <= d) by the expansion of W. Pelz and I.J. Good,
// "Approximating the Lower Tail-Areas of the Kolmogorov-Smirnov One-Sample
// Statistic", Journal of the Royal Statistical Society B 38 (1976):
// K0(z) + K1(z)/n^(1/2) + K2(z)/n + K3(z)/n^(3/2), z = d n^(1/2). The relative
// error is far below 1e-10 where kolmogorov uses it.
//
// The result is 0 where exp would underflow in the first term. The series is
// summed from the smallest term to the largest, so that small ones are not
// lost; terms beyond 16 z / pi are below the last digit.
func pelzGood(n int, d float64) float64 {
	const pi2 = math.Pi * math.Pi
	const pi4, pi6 = pi2 * pi2, pi2 * pi2 * pi2
	z := math.Sqrt(float64(n)) * d
	z2 := z * z
	z4, z6, z8 := z2*z2, z2*z2*z2, z2*z2*z2*z2
	if pi2/8/z2 > 708 {
		return 0
	}
	var k0, k1, k2, k3, k2more, k3more float64
	for k := int(math.Ceil(16 * z / math.Pi)); k > 0; k-- {
		m2 := float64(2*k-1) * float64(2*k-1)
		m4, m6 := m2*m2, m2*m2*m2
		q := math.Exp(-pi2 / 8 / z2 * m2)
		k0 += q
		k1 += q * (pi2/4*m2 - z2)
		k2 += q * (6*z6 + 2*z4 + (2*z4-5*z2)*pi2/4*m2 + (1-2*z2)*pi4/16*m4)
		k3 += q * (-30*z6 - 90*z8 + (135*z4-96*z6)*pi2/4*m2 + (212*z4-60*z2)*pi4/16*m4 + (5-30*z2)*pi6/64*m6)
		c2 := float64(k) * float64(k)
		q = math.Exp(-pi2 / 2 / z2 * c2)
		k2more += c2 * q
		k3more += (3*z2 - pi2*c2) * c2 * q
	}
	root := math.Sqrt(float64(n))
	sum := k0/z + k1/(6*z4)/root
	sum += (k2/(72*z6*z) - pi2*k2more/(36*z2*z)) / (root * root)
	sum += (k3/(6480*z8*z2) + pi2*k3more/(216*z6)) / (root * root * root)
	return math.Sqrt(2*math.Pi) * sum
}

// smirnovExact is the number of rows up to which smirnov sums every term; above
// it scipy takes the first terms of the expansion in 1/n, and so do we.
const smirnovExact = 1_000_000

// smirnov returns P(D+ > d) of the one-sided one-sample statistic of n rows,
// scipy.special.smirnov, for 0 < d < 1: the sum over v <= n(1-d) of
// d C(n, v) (d + v/n)^(v-1) (1 - d - v/n)^(n-v). N. Smirnov (1939), Birnbaum and
// Tingey (1951). But for the first, a term is d/p times the binomial probability
// of v with p = d + v/n, which C. Loader's expansion gives to full precision.
//
// It takes n(1-d) terms of a few logarithms each, so up to a million.
func smirnov(n int, d float64) float64 {
	size := float64(n)
	if n > smirnovExact {
		return math.Exp(-(6*size*d + 1) * (6*size*d + 1) / 18 / size)
	}
	sum := 0.0
	all := stirlingError(size)
	for v := 1.0; v <= size*(1-d) && v < size; v++ {
		p := d + v/size
		log := all - stirlingError(v) - stirlingError(size-v) - deviance(v, -size*d) - deviance(size-v, size*d)
		sum += math.Exp(log) * math.Sqrt(size/(2*math.Pi*v*(size-v))) / p
	}
	return math.Pow(1-d, size) + d*sum
}

// stirlingError returns log(n!) less Stirling's formula, for whole n.
//
// Below 16 the series is not exact enough; there the difference is taken
// directly, of numbers that are small.
func stirlingError(n float64) float64 {
	if n < 16 {
		log, _ := math.Lgamma(n + 1)
		return log - (n+0.5)*math.Log(n) + n - 0.5*math.Log(2*math.Pi)
	}
	r := 1 / (n * n)
	return (1.0/12 - (1.0/360-(1.0/1260-(1.0/1680-r/1188)*r)*r)*r) / n
}

// deviance returns x log(x/y) + y - x where x - y = delta, without cancellation
// for small delta. C. Loader, "Fast and Accurate Computation of Binomial
// Probabilities" (2000).
//
// x is a count and y its mean. The series is in v = delta/(x+y), of which only
// odd powers appear; it ends when a term no longer changes the sum.
func deviance(x, delta float64) float64 {
	y := x - delta
	if y <= 0 {
		return math.Inf(1)
	}
	if math.Abs(delta) >= 0.1*(x+y) {
		return x*math.Log(x/y) - delta
	}
	v := delta / (x + y)
	s, term := delta*v, 2*x*v
	for j := 3.0; ; j += 2 {
		term *= v * v
		next := s + term/j
		if next == s {
			return s
		}
		s = next
	}
}
