package validate

import "github.com/ashlar-dev/ashlar/runtime/dataset"

// notNull and null are the expectations of which missing values do not leave
// the denominator.
func notNull(rq *request) verdict { return rq.missing(true) }
func null(rq *request) verdict    { return rq.missing(false) }

// missing prepares an expectation that offends where missing is as given.
func (rq *request) missing(offends bool) verdict {
	return rq.eachRow(rowTest{columns: []*columnRef{rq.column()},
		bind: func(columns []*dataset.Column) func(int) rowVerdict {
			c := columns[0]
			return func(row int) rowVerdict {
				if c.Missing(row) == offends {
					return unexpected
				}
				return expected
			}
		}})
}
