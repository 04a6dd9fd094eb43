package validate

import "github.com/ashlar-dev/ashlar/runtime/dataset"

// between is inclusive unless strict_min or strict_max. Integers are compared in
// all their digits.
//
// The test by float64 alone is the fast one; it is exact unless the frame or a
// bound has an integer beyond 2^53.
func between(rq *request) verdict {
	c := rq.numeric()
	b := rq.exactInterval(c)
	return rq.eachRow(rowTest{columns: []*columnRef{c}, bind: func(columns []*dataset.Column) func(int) rowVerdict {
		column := columns[0]
		test := func(row int) bool { return b.contains(column.Floats[row]) }
		if column.Low != nil || b.minLow != 0 || b.maxLow != 0 {
			test = func(row int) bool { return b.holds(column.Exact(row)) }
		}
		return func(row int) rowVerdict {
			switch v := column.Floats[row]; {
			case v != v:
				return left
			case test(row):
				return expected
			}
			return unexpected
		}
	}})
}
