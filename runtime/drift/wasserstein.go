package drift

import "math"

// wasserstein is the first Wasserstein distance divided by the reference's
// population standard deviation, or by 0.001 where that is larger.
var wasserstein = test{
	name: "wasserstein", threshold: effect,
	applies: func(c *comparison) bool { return c.numeric },
	run: func(c *comparison) outcome {
		return outcome{wassersteinDistance(c.reference, c.current) / max(c.deviation, 0.001), 1}
	},
}

// wassersteinDistance is scipy.stats.wasserstein_distance: the area between the
// distribution functions; 0 where a sample is empty.
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
