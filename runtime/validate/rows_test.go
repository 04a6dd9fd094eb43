package validate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/validate"
)

// judged is what a row expectation is to result in.
type judged struct {
	text       string
	expect     plan.Expectation
	success    bool
	missing    int64
	unexpected int64
	rows       []int64 // of the examples
}

func check(t *testing.T, cases map[string]judged) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := run(t, table(t, c.text, c.expect), validate.Options{Workers: 2}).Results[0]
			var rows []int64
			for _, e := range r.Examples {
				rows = append(rows, e.Row)
			}
			got := judged{c.text, c.expect, r.Success, r.MissingCount, r.UnexpectedCount, rows}
			if d := cmp.Diff(c, got, cmp.AllowUnexported(judged{})); d != "" {
				t.Errorf("%s\n%s", r, d)
			}
		})
	}
}

func TestNulls(t *testing.T) {
	text := lines("n", "1", "NA", "3", "NA")
	const not, is = "column_values_to_not_be_null", "column_values_to_be_null"
	check(t, map[string]judged{
		"missing values offend":  {text, expect(not, "n", nil), false, 0, 2, []int64{2, 4}},
		"mostly counts all rows": {text, expect(not, "n", args{"mostly": 0.5}), true, 0, 2, []int64{2, 4}},
		"mostly just not met": {text, expect(not, "n", args{"mostly": 0.51}),
			false, 0, 2, []int64{2, 4}},
		"values offend where none should be": {text, expect(is, "n", nil), false, 0, 2, []int64{1, 3}},
		"all missing":                        {lines("n", "NA", "NA"), expect(is, "n", nil), true, 0, 0, nil},
	})
}

func TestBetween(t *testing.T) {
	text := lines("n", "1", "NA", "2", "3", "NA", "4")
	const name = "column_values_to_be_between"
	check(t, map[string]judged{
		"bounds are inclusive": {text,
			expect(name, "n", args{"min_value": 1.0, "max_value": 4.0}), true, 2, 0, nil},
		"a strict minimum is not": {text,
			expect(name, "n", args{"min_value": 1.0, "strict_min": true}), false, 2, 1, []int64{1}},
		"a strict maximum is not": {text,
			expect(name, "n", args{"max_value": 4.0, "strict_max": true}), false, 2, 1, []int64{6}},
		"nulls leave the denominator": {text,
			expect(name, "n", args{"min_value": 2.0, "mostly": 0.75}), true, 2, 1, []int64{1}},
		"mostly of what is not null": {text,
			expect(name, "n", args{"min_value": 2.0, "mostly": 0.76}), false, 2, 1, []int64{1}},
		"nothing but nulls passes": {lines("n", "NA", "NA"),
			expect(name, "n", args{"min_value": 2.0}), true, 2, 0, nil},
		"a null bound is no bound": {text,
			expect(name, "n", args{"min_value": nil, "max_value": 3.0}), false, 2, 1, []int64{6}},
		"booleans are 0 and 1": {lines("b", "true", "false"),
			expect(name, "b", args{"min_value": 1.0}), false, 0, 1, []int64{2}},
		"moments are written as in the CSV": {lines("w", "2024-05-01", "2024-05-03"),
			expect(name, "w", args{"max_value": "2024-05-02"}), false, 0, 1, []int64{2}},
	})
}

func TestSets(t *testing.T) {
	text := lines("c", "a", "b", "NA", "c", "a")
	const in, not = "column_values_to_be_in_set", "column_values_to_not_be_in_set"
	check(t, map[string]judged{
		"others offend": {text,
			expect(in, "c", args{"value_set": list{"a", "b"}}), false, 1, 1, []int64{4}},
		"all there": {text,
			expect(in, "c", args{"value_set": list{"a", "b", "c", "d", nil}}), true, 1, 0, nil},
		"a null set passes":             {text, expect(in, "c", args{"value_set": nil}), true, 1, 0, nil},
		"a null set passes negated too": {text, expect(not, "c", args{"value_set": nil}), true, 1, 0, nil},
		"an empty set holds nothing": {text, expect(in, "c", args{"value_set": list{}}), false,
			1, 4, []int64{1, 2, 4, 5}},
		"members offend": {text, expect(not, "c", args{"value_set": list{"a"}}),
			false, 1, 2, []int64{1, 5}},
		"numbers": {lines("n", "1.0", "2", "1e0"),
			expect(in, "n", args{"value_set": list{1.0}}), false, 0, 1, []int64{2}},
		"negative zero is zero": {lines("n", "-0", "0"),
			expect(in, "n", args{"value_set": list{0.0}}), true, 0, 0, nil},
		"booleans": {lines("b", "yes", "false"),
			expect(in, "b", args{"value_set": list{true}}), false, 0, 1, []int64{2}},
		"moments": {lines("w", "2024-05-01", "2024-05-01T00:00:00Z"),
			expect(in, "w", args{"value_set": list{"2024-05-01"}}), true, 0, 0, nil},
	})
}

func TestRegex(t *testing.T) {
	const match, not = "column_values_to_match_regex", "column_values_to_not_match_regex"
	check(t, map[string]judged{
		"a search and no match of the whole": {lines("t", "xaby", "ba", "NA"),
			expect(match, "t", args{"regex": "ab"}), false, 1, 1, []int64{2}},
		"anchors": {lines("t", "ab", "xab"),
			expect(match, "t", args{"regex": "^ab$"}), false, 0, 1, []int64{2}},
		"negated": {lines("t", "xaby", "ba"),
			expect(not, "t", args{"regex": "ab"}), false, 0, 1, []int64{1}},
		"numbers are matched as text": {lines("i", "1000000", "15"),
			expect(match, "i", args{"regex": "^10+$"}), false, 0, 1, []int64{2}},
		"every text is tested once a row": {lines("t", "b", "a", "b", "a"), expect(match, "t", args{"regex": "a"}),
			false, 0, 2, []int64{1, 3}},
	})
}

func TestLengths(t *testing.T) {
	text := lines("t", "a", "äö", "日本語", "NA", `""`)
	const between, equal = "column_value_lengths_to_be_between", "column_value_lengths_to_equal"
	check(t, map[string]judged{
		"code points are counted": {text,
			expect(between, "t", args{"min_value": 2.0, "max_value": 3.0}), false, 2, 1, []int64{1}},
		"strictly": {text,
			expect(between, "t", args{"min_value": 1.0, "strict_min": true}), false, 2, 1, []int64{1}},
		"equal": {text, expect(equal, "t", args{"value": 3.0}), false, 2, 2, []int64{1, 2}},
	})
}

func TestTypes(t *testing.T) {
	const name = "column_values_to_be_of_type"
	check(t, map[string]judged{
		"a declared type": {lines("n", "1", "2.5"),
			expect(name, "n", args{"type_": "float64"}), true, 0, 0, nil},
		"whole numbers are integers": {lines("n", "1.0", "2.5", "NA"),
			expect(name, "n", args{"type_": "INTEGER"}), false, 1, 1, []int64{2}},
		"texts that read as numbers": {lines("t", "1.0", "x"),
			expect(name, "t", args{"type_": "float"}), false, 0, 1, []int64{2}},
		"numbers are no moments": {lines("i", "1"),
			expect(name, "i", args{"type_": "datetime64[ns]"}), false, 0, 1, []int64{1}},
		"anything is text": {lines("i", "1"), expect(name, "i", args{"type_": "str"}), true, 0, 0, nil},
		"nothing but nulls has any": {lines("t", "NA", "NA"),
			expect(name, "t", args{"type_": "int"}), true, 2, 0, nil},
		"zero and one are booleans": {lines("i", "0", "1", "2"),
			expect(name, "i", args{"type_": "bool"}), false, 0, 1, []int64{3}},
		"mostly applies to types, too": {lines("t", "1", "2", "x"),
			expect(name, "t", args{"type_": "int", "mostly": 0.6}), true, 0, 1, []int64{3}},
		"a moment is a moment": {lines("w", "2024-01-01"),
			expect(name, "w", args{"type_": "timestamp"}), true, 0, 0, nil},
		"texts that are moments in CSV": {lines("t", "2024-01-01", "1"),
			expect(name, "t", args{"type_": "date"}), false, 0, 1, []int64{2}},
	})
}

func TestUnique(t *testing.T) {
	const name = "column_values_to_be_unique"
	check(t, map[string]judged{
		"every member of a group offends": {lines("n", "1", "2", "1", "NA", "NA", "3", "1"), expect(name, "n", nil),
			false, 2, 3, []int64{1, 3}},
		"distinct values": {lines("n", "1", "2", "NA", "NA"), expect(name, "n", nil), true, 2, 0, nil},
		"texts": {lines("t", "a", "b", "c", "d", "b"), expect(name, "t", nil),
			false, 0, 2, []int64{2, 5}},
		"mostly": {lines("t", "a", "b", "c", "d", "b"), expect(name, "t", args{"mostly": 0.6}),
			true, 0, 2, []int64{2, 5}},
		"1 and 1.0 are equal": {lines("n", "1", "1.0"), expect(name, "n", nil), false, 0, 2, []int64{1, 2}},
		"nothing but nulls":   {lines("t", "NA", "NA"), expect(name, "t", nil), true, 2, 0, nil},
	})
}

func TestCompound(t *testing.T) {
	const name = "compound_columns_to_be_unique"
	columns := list{"c", "n"}
	text := "c,n\na,1\na,2\nb,1\na,1\nNA,NA\nNA,NA\nNA,1\nNA,1\n"
	check(t, map[string]judged{
		"rows of missing values are left out": {text, expect(name, "", args{"column_list": columns}), false,
			2, 4, []int64{1, 4, 7, 8}},
		"any missing value leaves a row out": {text,
			expect(name, "", args{"column_list": columns, "ignore_row_if": "any_value_is_missing"}),
			false, 4, 2, []int64{1, 4}},
		"no row is left out": {text,
			expect(name, "", args{"column_list": columns, "ignore_row_if": "never"}), false, 0, 6,
			[]int64{1, 4, 5, 6, 7, 8}},
		"values do not run into each other": {"c,t\nab,c\na,bc\n",
			expect(name, "", args{"column_list": list{"c", "t"}}), true, 0, 0, nil},
	})
}

func TestPairs(t *testing.T) {
	const name = "column_pair_values_a_to_be_greater_than_b"
	text := "n1,n2\n2,1\n1,1\n1,2\nNA,1\n1,NA\nNA,NA\n"
	pair := func(more args) args {
		out := args{"column_A": "n1", "column_B": "n2"}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	check(t, map[string]judged{
		"a row with one value is not greater": {text, expect(name, "", pair(nil)), false, 1, 4, []int64{2, 3, 4, 5}},
		"equal will do": {text, expect(name, "", pair(args{"or_equal": true})),
			false, 1, 3, []int64{3, 4, 5}},
		"rows with one value are left out": {text,
			expect(name, "", pair(args{"ignore_row_if": "either_value_is_missing"})), false, 3, 2, []int64{2, 3}},
		"none is left out": {text,
			expect(name, "", pair(args{"ignore_row_if": "neither", "mostly": 0.16})), true, 0,
			5, []int64{2, 3, 4, 5, 6}},
		"texts": {"t1,t2\nb,a\na,b\n",
			expect(name, "", args{"column_A": "t1", "column_B": "t2"}), false, 0, 1, []int64{2}},
	})
}
