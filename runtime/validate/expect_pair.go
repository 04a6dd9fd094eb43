package validate

import (
	"cmp"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// pairGreater compares two columns of a row: numbers with numbers or texts with
// texts. Of a row in which one value is missing nothing is greater, so that it
// is unexpected, unless ignore_row_if says otherwise.
func pairGreater(rq *request) verdict {
	rq.need("column_A")
	rq.need("column_B")
	a, b := rq.declared("column_A: column", rq.text("column_A", "")),
		rq.declared("column_B: column", rq.text("column_B", ""))
	orEqual := rq.truth("or_equal", false)
	ignore := rq.oneOf("ignore_row_if", "both_values_are_missing", "either_value_is_missing", "neither")
	if coded(a.spec) != coded(b.spec) {
		rq.say("column %s is a %s and column %s a %s: they cannot be compared", a.name,
			a.spec.Type, b.name, b.spec.Type)
	}
	enough := 1
	if orEqual {
		enough = 0
	}
	return rq.eachRow(rowTest{columns: []*columnRef{a, b}, bind: func(columns []*dataset.Column) func(int) rowVerdict {
		x, y := columns[0], columns[1]
		return func(row int) rowVerdict {
			noX, noY := x.Missing(row), y.Missing(row)
			switch {
			case noX && noY && ignore != "neither", (noX || noY) && ignore == "either_value_is_missing":
				return left
			case !noX && !noY && compareRow(x, y, row) >= enough:
				return expected
			}
			return unexpected
		}
	}})
}

// compareRow compares two values that are there. Integers are compared by what
// their float64 is short of where the float64 are equal: the nearest float64 is
// the same then, so the order of the low parts is that of the integers. Texts
// are compared by bytes, which is the order of code points.
func compareRow(x, y *dataset.Column, row int) int {
	if x.Coded() {
		return strings.Compare(x.Dict[x.Codes[row]], y.Dict[y.Codes[row]])
	}
	a, lowA := x.Exact(row)
	b, lowB := y.Exact(row)
	return cmp.Or(cmp.Compare(a, b), cmp.Compare(lowA, lowB))
}
