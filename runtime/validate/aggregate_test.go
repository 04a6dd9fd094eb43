package validate_test

import (
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/validate"
)

// came is what an expectation about a whole column or table is to result in.
type came struct {
	text     string
	expect   plan.Expectation
	success  bool
	observed string
	reason   string
}

func checkAll(t *testing.T, cases map[string]came) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := run(t, table(t, c.text, c.expect), validate.Options{Workers: 2}).Results[0]
			if r.Success != c.success || r.ObservedText() != c.observed || r.Reason != c.reason {
				t.Errorf("success %v, observed %q, reason %q\nwant    %v,          %q,        %q", r.Success,
					r.Observed, r.Reason, c.success, c.observed, c.reason)
			}
		})
	}
}

func TestTableExpectations(t *testing.T) {
	text := "n,c,t\n1,a,x\n2,b,y\n"
	checkAll(t, map[string]came{
		"rows between": {text,
			expect("table_row_count_to_be_between", "", args{"min_value": 2.0}), true, "2 rows", ""},
		"too few rows": {text,
			expect("table_row_count_to_be_between", "", args{"min_value": 3.0, "max_value": 9.0}), false, "2 rows", ""},
		"rows equal": {text,
			expect("table_row_count_to_equal", "", args{"value": 2.0}), true, "2 rows", ""},
		"columns equal": {text,
			expect("table_column_count_to_equal", "", args{"value": 4.0}), false, "3 columns", ""},
		"columns between": {text,
			expect("table_column_count_to_be_between", "", args{"max_value": 3.0}), true, "3 columns", ""},
		"a set in any order": {text,
			expect("table_columns_to_match_set", "", args{"column_set": list{"t", "n", "c"}}), true, "3 columns", ""},
		"a set with one more": {text,
			expect("table_columns_to_match_set", "", args{"column_set": list{"t", "n", "x"}}), false, "3 columns",
			"missing: x; not expected: c"},
		"a subset": {text,
			expect("table_columns_to_match_set", "",
				args{"column_set": list{"t", "n"}, "exact_match": false}), true, "3 columns", ""},
		"no subset": {text,
			expect("table_columns_to_match_set", "", args{"column_set": list{"x"}, "exact_match": false}), false,
			"3 columns", "missing: x"},
		"a list in order": {text,
			expect("table_columns_to_match_ordered_list", "",
				args{"column_list": list{"n", "c", "t"}}), true, "3 columns", ""},
		"a list in another order": {text,
			expect("table_columns_to_match_ordered_list", "", args{"column_list": list{"n", "t", "c"}}), false,
			"3 columns", `column 2 is "c", expected "t"`},
		"a list that is too long": {text,
			expect("table_columns_to_match_ordered_list", "", args{"column_list": list{"n", "c", "t", "x"}}), false,
			"3 columns", `column 4 is none, expected "x"`},
		"a column": {text, expect("column_to_exist", "c", nil), true, "at index 1", ""},
		"a column at an index": {text,
			expect("column_to_exist", "c", args{"column_index": 1.0}), true, "at index 1", ""},
		"a column at another": {text,
			expect("column_to_exist", "c", args{"column_index": 0.0}), false, "at index 1", ""},
		"the undeclared are there": {"n\n1\n",
			expect("table_columns_to_match_set", "", args{"column_set": list{"n"}}), true, "1 column", ""},
	})
}

func TestAggregates(t *testing.T) {
	text := lines("n", "4", "NA", "1", "2.5", "8")
	none := lines("n", "NA", "NA")
	const nothing = "column n has no values"
	checkAll(t, map[string]came{
		"min": {text,
			expect("column_min_to_be_between", "n", args{"min_value": 1.0}), true, "min 1", ""},
		"strict min": {text,
			expect("column_min_to_be_between", "n", args{"min_value": 1.0, "strict_min": true}), false, "min 1", ""},
		"max": {text,
			expect("column_max_to_be_between", "n", args{"max_value": 8.0}), true, "max 8", ""},
		"mean": {text,
			expect("column_mean_to_be_between", "n",
				args{"min_value": 3.875, "max_value": 3.875}), true, "mean 3.875", ""},
		"sum": {text,
			expect("column_sum_to_be_between", "n", args{"min_value": 16.0}), false, "sum 15.5", ""},
		"stdev has n-1 degrees": {lines("n", "1", "2", "3", "4"),
			expect("column_stdev_to_be_between", "n", args{"min_value": 1.29, "max_value": 1.3}),
			true, "stdev 1.29099", ""},
		"median of an even number": {text,
			expect("column_median_to_be_between", "n",
				args{"min_value": 3.25, "max_value": 3.25}), true, "median 3.25", ""},
		"median of an odd number": {lines("n", "3", "1", "2"),
			expect("column_median_to_be_between", "n",
				args{"min_value": 2.0, "strict_min": true}), false, "median 2", ""},
		"min of nothing": {none, expect("column_min_to_be_between", "n", args{"min_value": 1.0}),
			false, "undefined", nothing},
		"max of nothing": {none, expect("column_max_to_be_between", "n", args{"min_value": 1.0}),
			false, "undefined", nothing},
		"mean of nothing": {none, expect("column_mean_to_be_between", "n", args{"min_value": 1.0}),
			false, "undefined", nothing},
		"sum of nothing": {none, expect("column_sum_to_be_between", "n", args{"min_value": 0.0}),
			false, "undefined", nothing},
		"median of nothing": {none, expect("column_median_to_be_between", "n", args{"min_value": 1.0}),
			false, "undefined", nothing},
		"stdev of one value": {lines("n", "1"),
			expect("column_stdev_to_be_between", "n", args{"max_value": 1.0}), false, "undefined",
			"one value has no standard deviation"},
		"a moment is written as one": {lines("w", "2024-05-01", "2024-05-02"),
			expect("column_min_to_be_between", "w", args{"min_value": "2024-05-01"}), true,
			"min 2024-05-01T00:00:00Z", ""},
		"distinct values": {lines("n", "1", "1.0", "2", "NA"),
			expect("column_unique_value_count_to_be_between", "n", args{"max_value": 2.0}),
			true, "2 distinct values", ""},
		"distinct texts, strictly": {lines("t", "a", "b", "a"),
			expect("column_unique_value_count_to_be_between", "t", args{"max_value": 2.0, "strict_max": true}),
			false, "2 distinct values", ""},
		"distinct values of nothing": {none,
			expect("column_unique_value_count_to_be_between", "n", args{"max_value": 0.0}),
			true, "0 distinct values", ""},
		"the proportion of values": {lines("n", "1", "1", "2", "NA"),
			expect("column_proportion_of_unique_values_to_be_between", "n", args{"min_value": 0.66, "max_value": 0.67}),
			true, "0.6667: 2 distinct of 3 values", ""},
		"the proportion of no values": {none,
			expect("column_proportion_of_unique_values_to_be_between", "n", args{"max_value": 0.5}), true,
			"0: 0 distinct of 0 values", ""},
		"an aggregate over one boolean": {lines("b", "true", "false"),
			expect("column_mean_to_be_between", "b", args{"min_value": 0.5}), true, "mean 0.5", ""},
	})
}

func TestQuantiles(t *testing.T) {
	quantiles := func(q, ranges list) plan.Expectation {
		return expect("column_quantile_values_to_be_between", "n",
			args{"quantile_ranges": args{"quantiles": q, "value_ranges": ranges}})
	}
	text := lines("n", "5", "1", "NA", "4", "2", "3", "6")
	checkAll(t, map[string]came{
		"the nearest rank, halves to even": {text,
			quantiles(list{0.0, 0.1, 0.5, 0.9, 1.0},
				list{list{1.0, 1.0}, list{1.0, 2.0}, list{3.0, 3.0}, list{5.0, nil}, list{nil, 6.0}}), true,
			"0: 1, 0.1: 1, 0.5: 3, 0.9: 5, 1: 6", ""},
		"one outside": {text, quantiles(list{0.25, 0.75}, list{list{2.0, 3.0}, list{1.0, 3.0}}),
			false, "0.25: 2, 0.75: 5", "outside: 0.75: 5"},
		"quantiles of nothing": {lines("n", "NA"), quantiles(list{0.5}, list{list{nil, nil}}), false,
			"undefined", "column n has no values"},
		"quantiles in any order": {text,
			quantiles(list{1.0, 0.0}, list{list{6.0, 6.0}, list{1.0, 1.0}}), true, "1: 6, 0: 1", ""},
	})
}

func TestDistinctSets(t *testing.T) {
	text := lines("c", "a", "b", "a", "NA", "c")
	set := func(values ...any) args { return args{"value_set": values} }
	const in, contain, equal = "column_distinct_values_to_be_in_set", "column_distinct_values_to_contain_set",
		"column_distinct_values_to_equal_set"
	checkAll(t, map[string]came{
		"in":             {text, expect(in, "c", set("a", "b", "c", "d")), true, "0 of 4 values unexpected", ""},
		"not in":         {text, expect(in, "c", set("a")), false, "2 of 4 values unexpected (50 %)", ""},
		"in a null set":  {text, expect(in, "c", args{"value_set": nil}), true, "0 of 4 values unexpected", ""},
		"contain":        {text, expect(contain, "c", set("a", "c")), true, "2 of 2 values found", ""},
		"do not contain": {text, expect(contain, "c", set("a", "x")), false, "1 of 2 values found", "not found: x"},
		"equal": {text, expect(equal, "c", set("c", "b", "a")), true,
			"3 of 3 values found, 0 rows with others", ""},
		"more than equal": {text, expect(equal, "c", set("c", "b")), false,
			"2 of 2 values found, 2 rows with others", ""},
		"less than equal": {text, expect(equal, "c", set("a", "b", "c", "d")), false,
			"3 of 4 values found, 0 rows with others", "not found: d"},
		"numbers": {lines("n", "1", "2.0"), expect(equal, "n", set(2.0, 1.0)), true,
			"2 of 2 values found, 0 rows with others", ""},
		"nothing contains": {lines("c", "NA"), expect(contain, "c", set("a")), false,
			"0 of 1 values found", "not found: a"},
	})
}

func TestDivergence(t *testing.T) {
	kl := func(column string, threshold float64, partition args, more args) plan.Expectation {
		a := args{"partition_object": partition, "threshold": threshold}
		for k, v := range more {
			a[k] = v
		}
		return expect("column_kl_divergence_to_be_less_than", column, a)
	}
	text := lines("c", "a", "a", "a", "b", "NA")
	half := args{"values": list{"a", "b"}, "weights": list{0.5, 0.5}}
	const noWeight = "the partition gives no weight to what is in the data: set tail_weight_holdout or internal_weight_holdout"
	numbers := lines("n", "1", "2", "3", "4", "5")
	bins := args{"bins": list{1.0, 3.0, 5.0}, "weights": list{0.5, 0.5}}
	checkAll(t, map[string]came{
		"values":                     {text, kl("c", 0.14, half, nil), true, "divergence 0.1308", ""},
		"values further off":         {text, kl("c", 0.13, half, nil), false, "divergence 0.1308", ""},
		"the threshold itself holds": {lines("c", "a", "b"), kl("c", 0, half, nil), true, "divergence 0", ""},
		"a value without weight": {lines("c", "a", "b", "x"), kl("c", 9, half, nil), false,
			"divergence +Inf", noWeight},
		"held out for such": {lines("c", "a", "b", "x"), kl("c", 9, half, args{"tail_weight_holdout": 0.1}),
			true, "divergence 0.2013", ""},
		"the last bin has both edges": {numbers, kl("n", 0.03, bins, nil), true, "divergence 0.02014", ""},
		"below the first bin": {lines("n", "0", "2", "4"), kl("n", 9, bins, nil), false,
			"divergence +Inf", noWeight},
		"held out for tails": {lines("n", "0", "2", "4"), kl("n", 9, bins, args{"tail_weight_holdout": 0.2}),
			true, "divergence 0.2798", ""},
		"given tails": {lines("n", "0", "2", "4"),
			kl("n", 9, args{"bins": list{1.0, 3.0, 5.0}, "weights": list{0.4, 0.4}, "tail_weights": list{0.1, 0.1}},
				nil), true, "divergence 0.2798", ""},
		"held out for empty bins": {lines("n", "1", "4"),
			kl("n", 9, args{"bins": list{0.0, 3.0, 5.0}, "weights": list{1.0, 0.0}},
				args{"internal_weight_holdout": 0.5}), true, "divergence 0", ""},
		"nothing": {lines("n", "NA"), kl("n", 9, bins, nil), false, "undefined",
			"column n has no values"},
	})
}
