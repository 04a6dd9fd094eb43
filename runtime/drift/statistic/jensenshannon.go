package statistic

import "math"

// JensenShannon is the distance of that name, the square root of the divergence
// to base e, as scipy.spatial.distance.jensenshannon. It takes counts over the same bins; 0 where a side is empty.
//
// The result lies between 0 and the root of log 2, about 0.83. The sum is
// bounded below by 0, since rounding of nearly equal distributions may give a
// little less, of which there is no root.
func JensenShannon(a, b []int64) float64 {
	na, nb := Total(a), Total(b)
	if na == 0 || nb == 0 {
		return 0
	}
	left, right := 0.0, 0.0
	for i := range a {
		p, q := float64(a[i])/na, float64(b[i])/nb
		m := (p + q) / 2
		if p > 0 {
			left += p * math.Log(p/m)
		}
		if q > 0 {
			right += q * math.Log(q/m)
		}
	}
	return math.Sqrt(max(left+right, 0) / 2)
}
