package privacy

import (
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// Hidden stands for a value in what people read.
const Hidden = "(sensitive)"

// Problems returns the problems without values of sensitive and protected
// columns. A value without a column is a whole broken record, which may hold any
// of them.
//
// The list that comes in is not changed. A whole record is hidden if any column
// of the dataset is, since nobody knows which of its fields is which.
func Problems(ds plan.Dataset, list []dataset.Problem) []dataset.Problem {
	hides := func(c plan.Column) bool { return c.Sensitive || c.Protection() != "" }
	some := false
	for _, c := range ds.Columns {
		some = some || hides(c)
	}
	list = slices.Clone(list)
	for i := range list {
		x := &list[i]
		if x.Value == "" || !hides(ds.Columns[x.Column]) && (x.Column != "" || !some) {
			continue
		}
		x.Value = Hidden
		if x.Kind == dataset.WrongType || x.Kind == dataset.UnknownCategory { // those hints may quote the value
			x.Hint = ""
		}
	}
	return list
}

// SchemaError is the error without values of sensitive and protected columns.
func SchemaError(ds plan.Dataset, e *dataset.SchemaError) *dataset.SchemaError {
	if e == nil {
		return nil
	}
	own := *e
	own.Problems = Problems(ds, e.Problems)
	return &own
}
