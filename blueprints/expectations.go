package blueprints

import (
	"maps"
	"slices"
)

// argKind is what an expectation's argument must be.
type argKind uint8

const (
	number    argKind = iota
	share             // a number from 0 to 1
	whole             // a whole number from 0
	truth             // true or false
	text              // any text
	regex             // RE2 text
	column            // the name of a column of the dataset
	columnSet         // a list of names of columns
	nameList          // a list of texts that need not be columns
	valueSet          // a list of values
	quantiles         // {quantiles: [...], value_ranges: [[...], ...]}
	partition         // {values|bins: [...], weights: [...]}
)

// expectation is one check's signature in Great Expectations' words.
type expectation struct {
	column   bool // takes a column
	args     map[string]argKind
	required []string
	between  bool // takes min_value and max_value, at least one of them
}

// row makes a signature for an expectation about each row's value.
func row(required []string, args map[string]argKind) expectation {
	e := expectation{column: true, required: required, args: map[string]argKind{"mostly": share}}
	for k, v := range args {
		e.args[k] = v
	}
	return e
}

// bounded makes a signature with min_value and max_value.
func bounded(column bool, bound argKind, args map[string]argKind) expectation {
	e := expectation{column: column, between: true, args: map[string]argKind{"min_value": bound, "max_value": bound}}
	for k, v := range args {
		e.args[k] = v
	}
	return e
}

// strict are the arguments that make a bound exclusive.
func strict(more map[string]argKind) map[string]argKind {
	out := map[string]argKind{"strict_min": truth, "strict_max": truth}
	for k, v := range more {
		out[k] = v
	}
	return out
}

// expectations is the list that a new expectation is added to, by its name
// without "expect_".
func expectations() map[string]expectation {
	mostly := map[string]argKind{"mostly": share}
	return map[string]expectation{
		"table_row_count_to_be_between":    bounded(false, whole, nil),
		"table_row_count_to_equal":         {args: map[string]argKind{"value": whole}, required: []string{"value"}},
		"table_column_count_to_equal":      {args: map[string]argKind{"value": whole}, required: []string{"value"}},
		"table_column_count_to_be_between": bounded(false, whole, nil),
		"table_columns_to_match_set": {args: map[string]argKind{"column_set": nameList, "exact_match": truth},
			required: []string{"column_set"}},
		"table_columns_to_match_ordered_list": {args: map[string]argKind{"column_list": nameList},
			required: []string{"column_list"}},
		"column_to_exist": {column: true, args: map[string]argKind{"column_index": whole}},

		"column_values_to_not_be_null":       row(nil, nil),
		"column_values_to_be_null":           row(nil, nil),
		"column_values_to_be_unique":         row(nil, nil),
		"column_values_to_be_in_set":         row([]string{"value_set"}, map[string]argKind{"value_set": valueSet}),
		"column_values_to_not_be_in_set":     row([]string{"value_set"}, map[string]argKind{"value_set": valueSet}),
		"column_values_to_be_between":        bounded(true, number, strict(mostly)),
		"column_values_to_be_of_type":        row([]string{"type_"}, map[string]argKind{"type_": text}),
		"column_values_to_match_regex":       row([]string{"regex"}, map[string]argKind{"regex": regex}),
		"column_values_to_not_match_regex":   row([]string{"regex"}, map[string]argKind{"regex": regex}),
		"column_value_lengths_to_be_between": bounded(true, whole, strict(mostly)),
		"column_value_lengths_to_equal":      row([]string{"value"}, map[string]argKind{"value": whole}),

		"column_min_to_be_between":    bounded(true, number, strict(nil)),
		"column_max_to_be_between":    bounded(true, number, strict(nil)),
		"column_mean_to_be_between":   bounded(true, number, strict(nil)),
		"column_median_to_be_between": bounded(true, number, strict(nil)),
		"column_stdev_to_be_between":  bounded(true, number, strict(nil)),
		"column_sum_to_be_between":    bounded(true, number, strict(nil)),
		"column_quantile_values_to_be_between": {column: true, required: []string{"quantile_ranges"},
			args: map[string]argKind{"quantile_ranges": quantiles, "allow_relative_error": truth}},
		"column_unique_value_count_to_be_between":          bounded(true, whole, strict(nil)),
		"column_proportion_of_unique_values_to_be_between": bounded(true, share, strict(nil)),
		"column_distinct_values_to_be_in_set": {column: true,
			args: map[string]argKind{"value_set": valueSet}, required: []string{"value_set"}},
		"column_distinct_values_to_contain_set": {column: true,
			args: map[string]argKind{"value_set": valueSet}, required: []string{"value_set"}},
		"column_distinct_values_to_equal_set": {column: true,
			args: map[string]argKind{"value_set": valueSet}, required: []string{"value_set"}},
		"column_kl_divergence_to_be_less_than": {column: true,
			required: []string{"partition_object", "threshold"}, args: map[string]argKind{
				"partition_object": partition, "threshold": number, "tail_weight_holdout": share,
				"internal_weight_holdout": share}},

		"compound_columns_to_be_unique": {required: []string{"column_list"},
			args: map[string]argKind{"column_list": columnSet, "mostly": share, "ignore_row_if": text}},
		"column_pair_values_a_to_be_greater_than_b": {required: []string{"column_A",
			"column_B"}, args: map[string]argKind{
			"column_A": column, "column_B": column, "or_equal": truth, "mostly": share, "ignore_row_if": text}},
	}
}

// Expectations returns the names of all expectations that a blueprint may
// ask for, sorted.
func Expectations() []string { return slices.Sorted(maps.Keys(expectations())) }

// ExpectationDoc says what an expectation takes.
type ExpectationDoc struct {
	Column    bool // it is about one column, which "column" names
	Arguments []ArgumentDoc
}

// ArgumentDoc is one argument of an expectation.
type ArgumentDoc struct {
	Name     string
	Type     string
	Required bool
}

// argWords say what an argument must be.
var argWords = map[argKind]string{
	number: "a number", share: "a number from 0 to 1", whole: "a whole number", truth: "true or false", text: "text",
	regex: "a regular expression", column: "a column", columnSet: "a list of columns", nameList: "a list of names",
	valueSet: "a list of values", quantiles: "`{quantiles: [...], value_ranges: [[...], ...]}`",
	partition: "`{values: [...], weights: [...]}` or `{bins: [...], weights: [...]}`",
}

// DescribeExpectation returns what the named expectation takes, with its arguments
// by name. Of min_value and max_value one is enough.
func DescribeExpectation(name string) ExpectationDoc {
	e := expectations()[name]
	out := ExpectationDoc{Column: e.column}
	for _, arg := range slices.Sorted(maps.Keys(e.args)) {
		words := argWords[e.args[arg]]
		if e.between && (arg == "min_value" || arg == "max_value") {
			words += " (one of min_value and max_value is required)"
		}
		out.Arguments = append(out.Arguments,
			ArgumentDoc{Name: arg, Type: words, Required: slices.Contains(e.required, arg)})
	}
	return out
}
