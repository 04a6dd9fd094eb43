package plan

import (
	"fmt"
	"math"
	"strconv"
)

// Measured writes what was measured for people: with four decimals, and where
// those would be fewer than four significant digits, with four of these. A
// metric of 0.000003 is not 0.
func Measured(v float64) string {
	if size := math.Abs(v); size > 0 && size < 0.1 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	return fmt.Sprintf("%.4f", v)
}
