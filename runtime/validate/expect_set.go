package validate

import (
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// inSet and notInSet: a null set passes vacuously.
func inSet(rq *request) verdict    { return rq.membership(true) }
func notInSet(rq *request) verdict { return rq.membership(false) }

// Integers are looked up row by row, as those beyond 2^53 are known by their
// digits; other columns go by the float64 or by each text of a dictionary once.
func (rq *request) membership(wanted bool) verdict {
	c := rq.column()
	set := rq.valueSet(c)
	if set == nil {
		return rq.eachValue(c, func(float64) bool { return true }, func(string) bool { return true })
	}
	if c.spec.Type == plan.Integer {
		return rq.eachRow(rowTest{columns: []*columnRef{c}, bind: func(columns []*dataset.Column) func(int) rowVerdict {
			return func(row int) rowVerdict {
				switch {
				case columns[0].Missing(row):
					return left
				case set.has(columns[0], row) == wanted:
					return expected
				}
				return unexpected
			}
		}})
	}
	return rq.eachValue(c,
		func(v float64) bool { return set.number(v) == wanted },
		func(s string) bool { return set.text(s) == wanted })
}
