package validate

import (
	"math"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// typeNames are the words for our types in pandas, numpy, SQL and here.
func typeNames() map[string]plan.ColumnType {
	out := map[string]plan.ColumnType{}
	for t, names := range map[plan.ColumnType]string{
		plan.Integer:   "integer int int8 int16 int32 int64 uint8 uint16 uint32 uint64 bigint smallint tinyint long short integertype longtype",
		plan.Number:    "number float float16 float32 float64 double real numeric decimal floattype doubletype decimaltype",
		plan.Boolean:   "boolean bool bool_ booleantype",
		plan.Timestamp: "timestamp datetime datetime64 datetime64[ns] date timestamptype datetype",
		plan.Category:  "category",
		plan.Text:      "text str string object varchar char stringtype",
	} {
		for _, n := range strings.Fields(names) {
			out[n] = t
		}
	}
	return out
}

// ofType tests whether each value is one of the type, however the column is
// declared: 3.0 is an integer, and any value is a text.
func ofType(rq *request) verdict {
	rq.need("type_")
	name := rq.text("type_", "text")
	t, ok := typeNames()[strings.ToLower(name)]
	if !ok {
		rq.say("type_ %q is not known: want number, integer, boolean, timestamp, category or text, or a pandas or SQL name of one", name)
	}
	c := rq.column()
	return rq.eachValue(c, func(v float64) bool { return numberIs(c.spec.Type, t, v) }, func(s string) bool {
		_, err := dataset.ParseValue(plan.Column{Type: t}, s)
		return err == nil
	})
}

// numberIs reports whether a value of a column of type from is one of type to.
//
// A number and a timestamp are never one another, though both are float64 in
// frames. Integers are those that a float64 tells apart.
func numberIs(from, to plan.ColumnType, v float64) bool {
	switch {
	case from == to || to == plan.Text || to == plan.Category:
		return true
	case from == plan.Timestamp || to == plan.Timestamp:
		return false
	case to == plan.Integer:
		return v == math.Trunc(v) && math.Abs(v) <= 1<<53
	case to == plan.Boolean:
		return v == 0 || v == 1
	}
	return to == plan.Number
}
