package drift

import "math"

// wasserstein is the first Wasserstein distance divided by the reference's
// population standard deviation. Of a reference that is one value it is divided
// by the deviation of both samples together, so that it has no unit anywhere.
// Evidently divides by 0.001 at least, by which small units never drift.
var wasserstein = test{
	name: "wasserstein", threshold: effect,
	applies: func(c *comparison) bool { return c.numeric },
	run: func(c *comparison) outcome {
		d := wassersteinDistance(c.reference, c.current)
		if d == 0 {
			return outcome{0, 1}
		}
		return outcome{d / c.unit(), 1}
	},
}

// unit is what a distance between numbers is measured in.
//
// The square of the result is the variance of both samples put together where
// the reference has none: that within the window, times its share, and that
// between the two means.
func (c *comparison) unit() float64 {
	if c.deviation > 0 {
		return c.deviation
	}
	m, n := c.reference.n, c.current.n
	a, _ := c.reference.moments()
	b, std := c.current.moments()
	share := float64(n) / float64(m+n)
	return math.Hypot(math.Sqrt(share)*std, math.Sqrt(share*(1-share))*(a-b))
}

// wassersteinDistance is scipy.stats.wasserstein_distance: the area between the
// distribution functions; 0 where a sample is empty.
//
// Before each step the functions are at ca/na and cb/nb on the whole interval
// from last to v. The walk continues after one side has ended, where its
// function is 1.
func wassersteinDistance(a, b sample) float64 {
	if a.n == 0 || b.n == 0 {
		return 0
	}
	var i, j int
	var ca, cb int64
	area, na, nb := 0.0, float64(a.n), float64(b.n)
	last := min(a.values[0], b.values[0])
	for i < len(a.values) || j < len(b.values) {
		var v float64
		takeA := j == len(b.values) || i < len(a.values) && a.values[i] <= b.values[j]
		if takeA {
			v = a.values[i]
		} else {
			v = b.values[j]
		}
		if v != last {
			area += math.Abs(float64(ca)/na-float64(cb)/nb) * (v - last)
			last = v
		}
		if takeA {
			ca += a.count(i)
			i++
		} else {
			cb += b.count(j)
			j++
		}
	}
	return area
}
