package statistic

import "math"

// Wasserstein is scipy.stats.wasserstein_distance: the area between the
// distribution functions; 0 where a sample is empty.
//
// Before each step the functions are at ca/na and cb/nb on the whole interval
// from last to v. The walk continues after one side has ended, where its
// function is 1.
func Wasserstein(a, b Sample) float64 {
	if a.N == 0 || b.N == 0 {
		return 0
	}
	var i, j int
	var ca, cb int64
	area, na, nb := 0.0, float64(a.N), float64(b.N)
	last := min(a.Values[0], b.Values[0])
	for i < len(a.Values) || j < len(b.Values) {
		var v float64
		takeA := j == len(b.Values) || i < len(a.Values) && a.Values[i] <= b.Values[j]
		if takeA {
			v = a.Values[i]
		} else {
			v = b.Values[j]
		}
		if v != last {
			area += math.Abs(float64(ca)/na-float64(cb)/nb) * (v - last)
			last = v
		}
		if takeA {
			ca += a.Count(i)
			i++
		} else {
			cb += b.Count(j)
			j++
		}
	}
	return area
}
