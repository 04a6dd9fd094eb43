package statistic

import "math"

// Finite makes a number fit for JSON: what is not finite becomes the largest
// number of its sign, and what is none becomes 0.
func Finite(v float64) float64 {
	switch {
	case math.IsNaN(v):
		return 0
	case math.IsInf(v, 1):
		return math.MaxFloat64
	case math.IsInf(v, -1):
		return -math.MaxFloat64
	}
	return v
}
