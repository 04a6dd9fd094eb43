package validate_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/validate"
)

func columns() plan.Dataset {
	return plan.Dataset{Columns: map[string]plan.Column{
		"n": {Type: plan.Number}, "i": {Type: plan.Integer}, "c": {Type: plan.Category}, "t": {Type: plan.Text},
		"b": {Type: plan.Boolean}, "w": {Type: plan.Timestamp},
	}}
}

// mistake is an expectation and what is said of it.
type mistake struct {
	expect plan.Expectation
	want   string
}

func TestMistakesInArgumentsAreErrorsThatNameThem(t *testing.T) {
	checkMistakes(t, map[string]mistake{
		"an unknown expectation": {expect("column_values_to_be_nice", "n", nil),
			"there is no such expectation; there are column_distinct_values"},
		"an unknown column": {expect("column_values_to_not_be_null", "x", nil),
			`column "x" is not a column of the dataset; its columns are b, c, i, n, t, w`},
		"no column": {expect("column_values_to_not_be_null", "", nil), "column is missing"},
		"a column too many": {expect("table_row_count_to_equal", "n", args{"value": 1.0}),
			`the expectation takes no column, found "n"`},
		"an unknown argument": {expect("column_values_to_not_be_null", "n", args{"most": 1.0}),
			`there is no argument "most"; there are mostly`},
		"no bounds": {expect("column_values_to_be_between", "n", nil),
			"min_value and max_value are both missing: want at least one"},
		"null bounds": {expect("column_values_to_be_between", "n",
			args{"min_value": nil, "max_value": nil}), "both missing"},
		"bounds the wrong way round": {expect("column_mean_to_be_between", "n",
			args{"min_value": 2.0, "max_value": 1.0}), "min_value 2 is more than max_value 1"},
		"a bound that is a text": {expect("column_values_to_be_between", "n", args{"min_value": "1"}),
			`min_value: want a number, found "1"`},
		"a bound that is not finite": {expect("column_values_to_be_between", "n", args{"min_value": math.NaN()}),
			"min_value: want a finite number, found NaN"},
		"mostly above 1": {expect("column_values_to_not_be_null", "n", args{"mostly": 95.0}),
			"mostly: want a number from 0 to 1, found 95"},
		"half a row": {expect("table_row_count_to_equal", "", args{"value": 0.5}),
			"value: want a whole number from 0, found 0.5"},
		"no value": {expect("table_row_count_to_equal", "", nil), "value is missing"},
		"strict as a text": {expect("column_max_to_be_between", "n",
			args{"max_value": 1.0, "strict_max": "yes"}), `strict_max: want true or false, found "yes"`},
		"the mean of a category": {expect("column_mean_to_be_between", "c", args{"min_value": 1.0}),
			"column c is a category: want a number, integer, boolean or timestamp"},
		"between of a text": {expect("column_values_to_be_between", "t",
			args{"min_value": 1.0}), "column t is a text"},
		"the length of a number": {expect("column_value_lengths_to_equal", "n", args{"value": 1.0}),
			"column n is a number: only a category or a text has a length"},
		"look-ahead": {expect("column_values_to_match_regex", "t", args{"regex": "(?=x)"}),
			"RE2 has no look-around"},
		"no expression": {expect("column_values_to_match_regex", "t", nil), "regex is missing"},
		"an unknown type": {expect("column_values_to_be_of_type", "t", args{"type_": "complex"}),
			`type_ "complex" is not known`},
		"a set of another type": {expect("column_values_to_be_in_set", "n", args{"value_set": list{1.0, "2"}}),
			`value_set[1] is "2", which is not a value of column n of type number`},
		"numbers of a category": {expect("column_distinct_values_to_equal_set", "c", args{"value_set": list{1.0}}),
			"value_set[0] is 1, which is not a value of column c of type category"},
		"an impossible moment": {expect("column_values_to_be_in_set", "w", args{"value_set": list{"2024-02-30"}}),
			`value_set[0] is "2024-02-30"`},
		"no set": {expect("column_values_to_be_in_set", "n", nil), "value_set is missing"},
		"a set that is no list": {expect("column_values_to_be_in_set", "n", args{"value_set": "a"}),
			`value_set: want a list of values, found "a"`},
		"a severity": {plan.Expectation{Expectation: "column_values_to_be_null", Column: "n",
			Severity: "fatal"}, `severity is "fatal": want critical or warning`},
	})
}

func TestMistakesInListsAreErrorsThatNameThem(t *testing.T) {
	quantiles := func(v any) args { return args{"quantile_ranges": v} }
	checkMistakes(t, map[string]mistake{
		"names that are none": {expect("table_columns_to_match_set", "", args{"column_set": list{"a", 2.0}}),
			"column_set[1]: want a name, found 2"},
		"one column for a compound": {expect("compound_columns_to_be_unique", "", args{"column_list": list{"n"}}),
			"column_list: want at least two columns"},
		"an unknown compound column": {expect("compound_columns_to_be_unique", "",
			args{"column_list": list{"n", "zz"}}), `column_list: column "zz" is not a column`},
		"an unknown rule for rows": {expect("compound_columns_to_be_unique", "",
			args{"column_list": list{"n", "c"}, "ignore_row_if": "raining"}),
			`ignore_row_if: want all_values_are_missing, any_value_is_missing, never, found "raining"`},
		"a number against a text": {expect("column_pair_values_a_to_be_greater_than_b", "",
			args{"column_A": "n", "column_B": "t"}), "they cannot be compared"},
		"half a pair": {expect("column_pair_values_a_to_be_greater_than_b", "",
			args{"column_A": "n"}), "column_B is missing"},
		"no quantiles": {expect("column_quantile_values_to_be_between", "n", nil),
			"quantile_ranges is missing"},
		"a quantile above 1": {expect("column_quantile_values_to_be_between", "n",
			quantiles(args{"quantiles": list{50.0}, "value_ranges": list{list{nil, nil}}})),
			"quantiles[0]: want a number from 0 to 1, found 50"},
		"fewer ranges than quantiles": {expect("column_quantile_values_to_be_between", "n",
			quantiles(args{"quantiles": list{0.1, 0.2}, "value_ranges": list{list{1.0, 2.0}}})),
			"as many value_ranges as quantiles"},
		"half a range": {expect("column_quantile_values_to_be_between", "n",
			quantiles(args{"quantiles": list{0.1}, "value_ranges": list{list{1.0}}})),
			"value_ranges[0]: want [low, high], found [1]"},
		"a range the wrong way round": {expect("column_quantile_values_to_be_between", "n",
			quantiles(args{"quantiles": list{0.1}, "value_ranges": list{list{2.0, 1.0}}})),
			"value_ranges[0]: 2 is more than 1"},
		"another field": {expect("column_quantile_values_to_be_between", "n",
			quantiles(args{"quantiles": list{0.1}, "value_ranges": list{list{1.0, 2.0}},
				"q": 1.0})), `there is no field "q"`},
	})
}

func TestMistakesInPartitionsAreErrorsThatNameThem(t *testing.T) {
	const kl = "column_kl_divergence_to_be_less_than"
	checkMistakes(t, map[string]mistake{
		"weights that are not 1": {expect(kl, "c",
			args{"threshold": 1.0, "partition_object": args{"values": list{"a"}, "weights": list{0.9}}}),
			"the weights add up to 0.9, want 1"},
		"a negative weight": {expect(kl, "c",
			args{"threshold": 1.0, "partition_object": args{"values": list{"a", "b"},
				"weights": list{1.5, -0.5}}}), "a weight is negative"},
		"values without weights": {expect(kl, "c",
			args{"threshold": 1.0, "partition_object": args{"values": list{"a", "b"}, "weights": list{1.0}}}),
			"as many weights as values, at least one, found 1 and 2"},
		"bins of a category": {expect(kl, "c",
			args{"threshold": 1.0, "partition_object": args{"bins": list{0.0, 1.0}, "weights": list{1.0}}}),
			"column c is a category: want a partition of values"},
		"bins out of order": {expect(kl, "n",
			args{"threshold": 1.0, "partition_object": args{"bins": list{1.0, 1.0},
				"weights": list{1.0}}}), "in increasing order"},
		"one tail": {expect(kl, "n",
			args{"threshold": 1.0, "partition_object": args{"bins": list{0.0, 1.0}, "weights": list{0.9},
				"tail_weights": list{0.1}}}), "tail_weights: want two, found 1"},
		"no threshold": {expect(kl, "n",
			args{"partition_object": args{"bins": list{0.0, 1.0}, "weights": list{1.0}}}), "threshold is missing"},
		"everything held out": {expect(kl, "n",
			args{"threshold": 1.0, "tail_weight_holdout": 0.6, "internal_weight_holdout": 0.4,
				"partition_object": args{"bins": list{0.0, 1.0}, "weights": list{1.0}}}),
			"leave no weight to the partition"},
		"a value twice": {expect(kl, "c",
			args{"threshold": 1.0, "partition_object": args{"values": list{"a", "a"}, "weights": list{0.5, 0.5}}}),
			"a value is listed twice"},
	})
}

func checkMistakes(t *testing.T, cases map[string]mistake) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			ds := columns()
			ds.Expect = []plan.Expectation{expect("table_row_count_to_equal", "", args{"value": 1.0}), c.expect}
			err := validate.Check(ds)
			if err == nil || !strings.Contains(err.Error(), c.want) ||
				!strings.HasPrefix(err.Error(), "expect[1] "+c.expect.String()+": ") {
				t.Errorf("got %v\nwant expect[1] %s: ... %s", err, c.expect, c.want)
			}
		})
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	ds := columns()
	ds.Expect = []plan.Expectation{
		expect("column_values_to_be_between", "n", args{"min_value": "a", "max_value": "b", "mostly": 2.0}),
		expect("nothing", "", nil),
	}
	err := validate.Check(ds)
	for _, want := range []string{"min_value", "max_value", "mostly", "no such expectation"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not tell of %s", err, want)
		}
	}
}

// FuzzArguments: arguments of any shape are judged or refused, and a verdict
// that is reached can be written down.
func FuzzArguments(f *testing.F) {
	add := func(name, column string, kwargs args) {
		b, err := json.Marshal(kwargs)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name, column, string(b))
	}
	for _, name := range validate.Expectations() {
		add(name, "n", args{"mostly": 0.5, "min_value": 0.0})
		add(name, "c", args{"value_set": list{"a", nil}, "regex": "a", "type_": "int", "value": 1.0})
		add(name, "", args{"column_list": list{"n", "c"}, "column_A": "n", "column_B": "i", "column_set": list{}})
	}
	add("column_kl_divergence_to_be_less_than", "n",
		args{"threshold": 1.0, "partition_object": args{"bins": list{0.0, 1.0}, "weights": list{1.0}}})
	add("column_kl_divergence_to_be_less_than", "c",
		args{"threshold": nil, "partition_object": args{"values": list{"a"}, "weights": list{1.0}},
			"tail_weight_holdout": 0.1})
	add("column_quantile_values_to_be_between", "n",
		args{"quantile_ranges": args{"quantiles": list{0.5, 1.0},
			"value_ranges": list{list{1.0, nil}, list{nil, nil}}}})
	ds := table(f, "n,i,c,t,b,w\n1,2,a,x,true,2024-01-01\nNA,NA,NA,NA,NA,NA\n1.5,-3,b,y,false,2024-01-02\n")
	f.Fuzz(func(t *testing.T, name, column, kwargs string) {
		own := ds
		own.Expect = []plan.Expectation{{Expectation: name, Column: column}}
		if json.Unmarshal([]byte(kwargs), &own.Expect[0].Kwargs) != nil || validate.Check(own) != nil {
			return
		}
		r := run(t, own, validate.Options{Workers: 1, MemoryBytes: 1})
		if _, err := plan.Canonical(r); err != nil {
			t.Fatalf("%s(%s) %s: %v", name, column, kwargs, err)
		}
		if !r.Success && len(r.Failures()) != 1 {
			t.Fatalf("%s(%s) %s fails without a word", name, column, kwargs)
		}
	})
}
