package serve

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// maxListed bounds the categories that a document lists for a field.
// A field with many thousands of values would make the document larger than what
// clients and editors read; the server still knows all of them.
const maxListed = 100

func sortedKeys(o object) []string { return slices.Sorted(maps.Keys(o)) }

// namedRow is the schema of a row by names.
//
// The columns that the model dropped are accepted, so that a client can send the
// records that the training data was made of without picking columns.
func namedRow(m *model.Model) object {
	properties, required := object{}, []string{}
	for i, f := range m.Signature.Inputs {
		properties[f.Name] = field(f, m.Encoder.Fields[i].Categories)
		if !f.Nullable {
			required = append(required, f.Name)
		}
	}
	for _, name := range m.Signature.Dropped {
		properties[name] = object{"description": "Taken and ignored: nothing looks at it or keeps it."}
	}
	row := object{"type": "object", "additionalProperties": false, "properties": properties,
		"description": "A row by names. A nullable field that is left out is missing, as null is."}
	if len(required) > 0 {
		row["required"] = required
	}
	return row
}

// positionalRow is the schema of a row in order. OpenAPI 3.0 has no types by
// position, so the description lists them.
// The items are therefore only bounded to what any input may hold; 3.0 also has
// no null type, hence nullable on one of the alternatives.
func positionalRow(m *model.Model) object {
	lines := make([]string, len(m.Signature.Inputs))
	for i, f := range m.Signature.Inputs {
		lines[i] = fmt.Sprintf("%d. %s: %s", i+1, f.Name, f.Type)
		if f.Nullable {
			lines[i] += " or null"
		}
	}
	return object{
		"type": "array", "minItems": len(lines), "maxItems": len(lines),
		"items": object{"anyOf": []object{{"type": "number", "nullable": true},
			{"type": "string"}, {"type": "boolean"}}},
		"description": "A row in this order:\n" + strings.Join(lines, "\n"),
	}
}

// field is the schema of one input.
// What training saw is described where it is not personal: categories, ranges and
// examples of an anonymised column would publish the values that the hashing is
// there to hide.
func field(f model.Field, categories []string) object {
	out := object{"example": example(f, categories)}
	var about []string
	if f.Anonymise != "" {
		about = append(about, anonymised(f.Anonymise))
	}
	switch f.Type {
	case plan.Number:
		out["type"] = "number"
	case plan.Integer:
		// What readable takes: int64 and, for ids, the whole of uint64.
		out["type"], out["minimum"], out["maximum"] = "integer", int64(math.MinInt64), uint64(math.MaxUint64)
	case plan.Boolean:
		out["type"] = "boolean"
		about = append(about, "1 and 0 are taken too.")
	case plan.Timestamp:
		out["type"] = "string"
		about = append(about, "RFC 3339 or YYYY-MM-DD, in UTC where no zone is given.")
	case plan.Category, plan.Text:
		out["type"] = "string"
		if f.Anonymise != "" { // what training saw is nothing that a request holds
			break
		}
		out["x-known-categories"] = categories[:min(len(categories), maxListed)]
		about = append(about, fmt.Sprintf("Training saw %d categories; any other is taken as unknown. "+
			"A number, true or false is read as the category with the same text, if there is one.", len(categories)))
	}
	if f.Type.Numeric() && f.Min < f.Max && f.Anonymise == "" {
		about = append(about, fmt.Sprintf("Training saw %g to %g.", f.Min, f.Max))
	}
	if f.Nullable {
		out["nullable"] = true
		about = append(about, "null means missing.")
		if len(f.NullValue) > 0 {
			about = append(about, fmt.Sprintf("So does any of %q.", f.NullValue))
		}
	}
	if len(about) > 0 {
		out["description"] = strings.Join(about, " ")
	}
	return out
}

// anonymised says what becomes of a value that is sent.
func anonymised(how string) string {
	if how == plan.Hash {
		return "Send the value itself: a pseudonym takes its place before anything looks at it or keeps it."
	}
	return "Send the value itself: it is masked before anything looks at it or keeps it."
}
