package validate

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// judged validates a table by its expectations.
func judged(t *testing.T, text string, ds plan.Dataset) *Report {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "t.csv"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ds.Source = "t.csv"
	r, err := dataset.Open(t.Context(), ds, dataset.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	report, err := Run(t.Context(), r, ds, Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestIdentifiersOf19DigitsAreToldApart(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,k\n")
	for i := range 200 {
		fmt.Fprintf(&b, "%d,1\n", 1_234_567_890_123_456_789+int64(i))
	}
	b.WriteString("7,1\n1234567890123456790,2\n")
	report := judged(t, b.String(), plan.Dataset{
		Columns: map[string]plan.Column{"id": {Type: plan.Integer}, "k": {Type: plan.Integer}},
		Expect: []plan.Expectation{
			{Expectation: "column_values_to_be_unique", Column: "id"},
			{Expectation: "column_unique_value_count_to_be_between", Column: "id",
				Kwargs: map[string]any{"min_value": 201.0, "max_value": 201.0}},
			{Expectation: "compound_columns_to_be_unique", Kwargs: map[string]any{"column_list": []any{"id", "k"}}},
			{Expectation: "column_values_to_not_be_in_set", Column: "id",
				Kwargs: map[string]any{"value_set": []any{"1234567890123456791", 8.0}}},
			{Expectation: "column_distinct_values_to_contain_set", Column: "id",
				Kwargs: map[string]any{"value_set": []any{"1234567890123456988", 7.0}}},
		},
	})
	want := []struct {
		success bool
		wrong   int64
	}{{false, 2}, {true, 0}, {true, 0}, {false, 1}, {true, 0}}
	for i, r := range report.Results {
		if r.Success != want[i].success || r.UnexpectedCount != want[i].wrong {
			t.Errorf("%s: %v with %d unexpected, want %v with %d (%s)", r.Expectation, r.Success, r.UnexpectedCount,
				want[i].success, want[i].wrong, r.Reason)
		}
	}
	if e := report.Results[0].Examples; len(e) != 2 || e[0].Value != "1234567890123456790" ||
		e[0].Row != 2 || e[1].Row != 202 {
		t.Errorf("the duplicates shown are %v", e)
	}
}

func TestAFewNewCategoriesAreHeldWithMostly(t *testing.T) {
	text := "v\n" + strings.Repeat("a\nb\n", 50) + "new\n"
	for mostly, want := range map[float64]bool{0: false, 0.99: true, 0.995: false, 1: false} {
		report := judged(t, text, plan.Dataset{Columns: map[string]plan.Column{"v": {Type: plan.Category,
			Values: []string{"a", "b"}, ValuesMostly: mostly}}})
		if report.Success != want {
			t.Errorf("values_mostly %v: %v, want %v: %v", mostly, report.Success, want, report.Failures())
		}
		if mostly > 0 && (len(report.Results) != 1 || report.Results[0].UnexpectedCount != 1 ||
			report.Results[0].Examples[0].Value != "new" || report.Schema != nil) {
			t.Errorf("values_mostly %v: the report does not show the one row: %+v", mostly, report.Results)
		}
	}
}

// TestIntegersBeyond53BitsAreComparedInAllTheirDigits: the float64s of the values are
// all the same.
func TestIntegersBeyond53BitsAreComparedInAllTheirDigits(t *testing.T) {
	const text = "id\n9007199254740993\n9007199254740994\n9007199254740995\n9007199254740993\n"
	expect := func(name string, kwargs map[string]any) plan.Expectation {
		return plan.Expectation{Expectation: name, Column: "id", Kwargs: kwargs}
	}
	type args = map[string]any
	cases := []struct {
		of      plan.Expectation
		success bool
		wrong   int64
	}{
		{expect("column_values_to_be_between",
			args{"min_value": "9007199254740993", "max_value": "9007199254740995"}), true, 0},
		{expect("column_values_to_be_between", args{"min_value": "9007199254740994"}), false, 2},
		{expect("column_values_to_be_between", args{"max_value": "9007199254740994"}), false, 1},
		{expect("column_values_to_be_between", args{"min_value": "9007199254740993", "strict_min": true}), false, 2},
		{expect("column_values_to_be_between", args{"min_value": 9007199254740992.0, "strict_min": true}), true, 0},
		{expect("column_min_to_be_between",
			args{"min_value": "9007199254740993", "max_value": "9007199254740993"}), true, 0},
		{expect("column_min_to_be_between", args{"min_value": "9007199254740994"}), false, 0},
		{expect("column_max_to_be_between", args{"max_value": "9007199254740994"}), false, 0},
		{expect("column_max_to_be_between",
			args{"min_value": "9007199254740995", "max_value": "9007199254740995"}), true, 0},
		// The deviations are those of 0, 1, 2 and 0: a sum of squares of float64s has
		// nothing of them left.
		{expect("column_stdev_to_be_between", args{"min_value": 0.9574, "max_value": 0.9575}), true, 0},
		{expect("column_sum_to_be_between",
			args{"min_value": 36028797018963975.0, "max_value": 36028797018963976.0}), true, 0},
	}
	ds := plan.Dataset{Columns: map[string]plan.Column{"id": {Type: plan.Integer}}}
	for _, c := range cases {
		ds.Expect = append(ds.Expect, c.of)
	}
	report := judged(t, text, ds)
	for i, r := range report.Results {
		if c := cases[i]; r.Success != c.success || r.UnexpectedCount != c.wrong {
			t.Errorf("%s %v: %v with %d unexpected, want %v with %d (%s)", c.of.Expectation, c.of.Kwargs, r.Success,
				r.UnexpectedCount, c.success, c.wrong, r.Reason)
		}
	}
	if got := report.Results[7].Observed; got != "max 9007199254740995" {
		t.Errorf("the report says %q", got)
	}
}

func TestABoundThatLostDigitsIsRefused(t *testing.T) {
	for v, fine := range map[any]bool{
		1e15: true, 9007199254740992.0: true, 9007199254740994.0: false, 1e18: true, -1e18: true,
		123456789012345000.0: false, 1e300: true, "9007199254740993": true, "18446744073709551615": true, "1e3x": false,
	} {
		ds := plan.Dataset{Columns: map[string]plan.Column{"id": {Type: plan.Integer}},
			Expect: []plan.Expectation{{Expectation: "column_values_to_be_between", Column: "id",
				Kwargs: map[string]any{"max_value": v}}}}
		if _, err := prepare(ds); (err == nil) != fine {
			t.Errorf("%v: %v", v, err)
		}
	}
}

// A partition lists integers beyond 2^53 as texts, and two that share a float64 are
// two values.
func TestPartitionsOfWideIntegersAreExact(t *testing.T) {
	table := "id\n" + strings.Repeat("9007199254740993\n", 30) + strings.Repeat("9007199254740992\n", 10)
	partition := func(one, other float64) plan.Expectation {
		return plan.Expectation{Expectation: "column_kl_divergence_to_be_less_than", Column: "id",
			Kwargs: map[string]any{"threshold": 0.01, "partition_object": map[string]any{
				"values": []any{"9007199254740993", "9007199254740992"}, "weights": []any{one, other}}}}
	}
	report := judged(t, table, plan.Dataset{Columns: map[string]plan.Column{"id": {Type: plan.Integer}},
		Expect: []plan.Expectation{partition(0.75, 0.25), partition(0.25, 0.75)}})
	if !report.Results[0].Success || report.Results[1].Success {
		t.Errorf("the right partition: %+v, the wrong one: %+v", report.Results[0], report.Results[1])
	}
}

// Whether a frame keeps what integers are short of their float64 depends on the
// other rows of the frame, and must not matter.
func TestTheGreatestIntegerDoesNotDependOnFrames(t *testing.T) {
	const edge = 1 << 53
	wide := &dataset.Frame{Rows: 1, Columns: []dataset.Column{
		{Name: "id", Type: plan.Integer, Floats: []float64{edge + 4}, Low: []int16{-1}}}}
	plain := &dataset.Frame{Rows: 1, Columns: []dataset.Column{
		{Name: "id", Type: plan.Integer, Floats: []float64{edge + 4}}}}
	for name, frames := range map[string][]*dataset.Frame{"wide first": {wide, plain}, "plain first": {plain, wide}} {
		m := &extremes{column: (&columnRef{name: "id"}).finder(), min: math.NaN(), max: math.NaN()}
		for _, f := range frames {
			if err := m.see(f); err != nil {
				t.Fatal(err)
			}
		}
		if m.min != edge+4 || m.minLow != -1 || m.max != edge+4 || m.maxLow != 0 {
			t.Errorf("%s: from %g%+d to %g%+d", name, m.min, m.minLow, m.max, m.maxLow)
		}
	}
}

func TestTheMiddleOfHugeValuesIsFinite(t *testing.T) {
	for _, c := range [][3]float64{{1e308, 1e308, 1e308}, {-1.7e308, 1.7e308, 0}, {1e308, 1.7e308, 1.35e308},
		{5e-324, 5e-324, 5e-324}, {1, 2, 1.5}} {
		if got := middle(c[0], c[1]); got != c[2] {
			t.Errorf("between %g and %g is %g, want %g", c[0], c[1], got, c[2])
		}
	}
}
