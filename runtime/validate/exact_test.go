package validate

import (
	"fmt"
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
			{Expectation: "column_unique_value_count_to_be_between", Column: "id", Kwargs: map[string]any{"min_value": 201.0, "max_value": 201.0}},
			{Expectation: "compound_columns_to_be_unique", Kwargs: map[string]any{"column_list": []any{"id", "k"}}},
			{Expectation: "column_values_to_not_be_in_set", Column: "id", Kwargs: map[string]any{"value_set": []any{"1234567890123456791", 8.0}}},
			{Expectation: "column_distinct_values_to_contain_set", Column: "id", Kwargs: map[string]any{"value_set": []any{"1234567890123456988", 7.0}}},
		},
	})
	want := []struct {
		success bool
		wrong   int64
	}{{false, 2}, {true, 0}, {true, 0}, {false, 1}, {true, 0}}
	for i, r := range report.Results {
		if r.Success != want[i].success || r.UnexpectedCount != want[i].wrong {
			t.Errorf("%s: %v with %d unexpected, want %v with %d (%s)", r.Expectation, r.Success, r.UnexpectedCount, want[i].success, want[i].wrong, r.Reason)
		}
	}
	if e := report.Results[0].Examples; len(e) != 2 || e[0].Value != "1234567890123456790" || e[0].Row != 2 || e[1].Row != 202 {
		t.Errorf("the duplicates shown are %v", e)
	}
}

func TestAFewNewCategoriesAreHeldWithMostly(t *testing.T) {
	text := "v\n" + strings.Repeat("a\nb\n", 50) + "new\n"
	for mostly, want := range map[float64]bool{0: false, 0.99: true, 0.995: false, 1: false} {
		report := judged(t, text, plan.Dataset{Columns: map[string]plan.Column{"v": {Type: plan.Category, Values: []string{"a", "b"}, ValuesMostly: mostly}}})
		if report.Success != want {
			t.Errorf("values_mostly %v: %v, want %v: %v", mostly, report.Success, want, report.Failures())
		}
		if mostly > 0 && (len(report.Results) != 1 || report.Results[0].UnexpectedCount != 1 || report.Results[0].Examples[0].Value != "new" || report.Schema != nil) {
			t.Errorf("values_mostly %v: the report does not show the one row: %+v", mostly, report.Results)
		}
	}
}
