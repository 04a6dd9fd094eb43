package serve

import (
	"encoding/json"
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// ExampleRequest is the body of a request that the model answers, one row by names.
// It is the example of the OpenAPI document, so that what people are shown to copy is
// the same everywhere.
func ExampleRequest(m *model.Model) (string, error) {
	b, err := json.Marshal(object{"features": exampleRow(m)})
	return string(b), err
}

// exampleRow is a row by names that the model takes.
func exampleRow(m *model.Model) object {
	out := object{}
	for i, f := range m.Signature.Inputs {
		out[f.Name] = example(f, m.Encoder.Fields[i].Categories)
	}
	return out
}

// inOrder returns the values of a named row in the signature's order.
func inOrder(m *model.Model, row object) []any {
	out := make([]any, len(m.Signature.Inputs))
	for i, f := range m.Signature.Inputs {
		out[i] = row[f.Name]
	}
	return out
}

// example is a value that the field takes: the middle of the range that training
// saw, or the first category.
// Max-Min overflows for a range that spans most of float64; then 0 is used. An
// anonymised column's categories are pseudonyms here, and would be hashed once more.
func example(f model.Field, categories []string) any {
	middle := math.Trunc(f.Min + (f.Max-f.Min)/2)
	if math.IsNaN(middle) || math.IsInf(middle, 0) {
		middle = 0
	}
	switch f.Type {
	case plan.Number:
		return middle
	case plan.Integer:
		return integer(middle)
	case plan.Boolean:
		return true
	case plan.Timestamp:
		return "2024-01-31"
	}
	if len(categories) > 0 && f.Anonymise == "" {
		return categories[0]
	}
	return "any"
}

// integer is the value as an integer that a request may hold.
// A float64 is written with the fewest digits that tell it apart, and beyond 2^53
// these are another integer, which at the ends of the range takes more than 64 bits.
// Converting is only defined within the type's range; beyond all of them it is 0.
func integer(v float64) any {
	switch {
	case v >= math.MinInt64 && v < 1<<63:
		return int64(v)
	case v >= 1<<63 && v < 1<<64:
		return uint64(v)
	}
	return 0
}
