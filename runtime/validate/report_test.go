package validate_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/validate"
)

func TestAFailedExpectationFailsTheReport(t *testing.T) {
	r := run(t, table(t, lines("n", "1", "2", "NA"),
		expect("column_values_to_be_between", "n", args{"max_value": 1.0}),
		expect("column_values_to_not_be_null", "n", nil),
		expect("table_row_count_to_equal", "", args{"value": 3.0})), validate.Options{Dataset: "table"})
	want := validate.Statistics{Evaluated: 3, Successful: 1, Unsuccessful: 2, SuccessPercent: 100 * 1 / 3.0}
	if d := cmp.Diff(want, r.Statistics); d != "" || r.Success || r.Rows != 3 {
		t.Errorf("success %v of %d rows: %s", r.Success, r.Rows, d)
	}
	wantFailures := []string{
		`column_values_to_be_between(n) max_value=1: 1 of 2 values unexpected (50 %) (row 2: "2")`,
		`column_values_to_not_be_null(n): 1 of 3 values unexpected (33.3 %) (row 3: missing)`,
	}
	if d := cmp.Diff(wantFailures, r.Failures()); d != "" {
		t.Error(d)
	}
}

func TestAWarningIsToldAndFailsNothing(t *testing.T) {
	e := expect("column_values_to_not_be_null", "n", nil)
	e.Severity = "warning"
	r := run(t, table(t, lines("n", "1", "NA"), e), validate.Options{})
	if !r.Success || len(r.Failures()) != 0 || r.Statistics.Warnings != 1 || r.Statistics.Unsuccessful != 1 {
		t.Errorf("success %v, failures %v, %+v", r.Success, r.Failures(), r.Statistics)
	}
	if w := r.Warnings(); len(w) != 1 || !strings.Contains(w[0], "row 2: missing") {
		t.Errorf("warnings %v", w)
	}
}

func TestNoExpectationsHold(t *testing.T) {
	r := run(t, table(t, lines("n", "1")), validate.Options{})
	if !r.Success || r.Statistics.SuccessPercent != 100 {
		t.Errorf("%+v", r)
	}
}

func TestDataOfAnotherSchemaFailTheReport(t *testing.T) {
	ds := table(t, "n,c,extra\n1,a,x\nseven,b,y\n3\n")
	delete(ds.Columns, "extra")
	ds.Columns["i_gone"] = plan.Column{Type: plan.Integer}
	ds.Expect = []plan.Expectation{
		expect("column_mean_to_be_between", "i_gone", args{"min_value": 0.0}),
		expect("column_values_to_be_unique", "i_gone", nil),
	}
	r := run(t, ds, validate.Options{})
	if r.Success || r.Schema == nil {
		t.Fatalf("success %v, schema %v", r.Success, r.Schema)
	}
	for i := range r.Results {
		if x := r.Results[i]; x.Success || x.Reason != "column i_gone is not in the data" {
			t.Errorf("%s", x)
		}
	}
	all := strings.Join(r.Failures(), "\n")
	for _, want := range []string{`column "n"`, "(row 2)", `"seven"`, `column "i_gone"`, "(row 3)",
		"column_mean_to_be_between(i_gone)"} {
		if !strings.Contains(all, want) {
			t.Errorf("the failures do not tell %s:\n%s", want, all)
		}
	}
	if len(r.Notices) != 1 || r.Notices[0].Column != "extra" {
		t.Errorf("notices %v", r.Notices)
	}
}

func TestAnOptionalColumnThatIsNotThereIsMissing(t *testing.T) {
	ds := table(t, lines("n", "1", "2"),
		expect("column_values_to_be_between", "i_maybe", args{"min_value": 0.0}),
		expect("column_values_to_not_be_null", "i_maybe", nil),
		expect("column_max_to_be_between", "i_maybe", args{"min_value": 0.0}),
		expect("column_values_to_match_regex", "t_maybe", args{"regex": "x"}),
	)
	ds.Columns["i_maybe"] = plan.Column{Type: plan.Integer, Nullable: true, Optional: true}
	ds.Columns["t_maybe"] = plan.Column{Type: plan.Text, Nullable: true, Optional: true}
	r := run(t, ds, validate.Options{Profile: true})
	if r.Schema != nil {
		t.Fatal(r.Schema)
	}
	for i, want := range []bool{true, false, false, true} {
		if r.Results[i].Success != want {
			t.Errorf("%s", r.Results[i])
		}
	}
	if len(r.Profile.Columns) != 1 {
		t.Errorf("the profile has %d columns", len(r.Profile.Columns))
	}
}

func TestSensitiveValuesAreInNoPartOfTheReport(t *testing.T) {
	ds := table(t, "t_name,i_age,n\nGrace Hopper,47611,1\nGrace Hopper,47611,1\nAda Lovelace,x47612y,1\n,,\nMary Keller,47699,2\nJean Bartik,47613,7,8,9\n",
		expect("column_values_to_be_in_set", "t_name", args{"value_set": list{"nobody"}}),
		expect("column_values_to_be_unique", "t_name", nil),
		expect("column_values_to_be_between", "i_age", args{"max_value": 9.0}),
		expect("column_values_to_be_unique", "i_age", nil),
		expect("column_values_to_match_regex", "t_name", args{"regex": "^x"}),
		expect("column_distinct_values_to_equal_set", "t_name", args{"value_set": list{"nobody"}}),
		expect("compound_columns_to_be_unique", "", args{"column_list": list{"t_name", "n"}}),
		expect("column_pair_values_a_to_be_greater_than_b", "", args{"column_A": "n", "column_B": "i_age"}),
	)
	for _, name := range []string{"t_name", "i_age"} {
		c := ds.Columns[name]
		c.Sensitive = true
		ds.Columns[name] = c
	}
	r := run(t, ds, validate.Options{Profile: true})
	var shown bytes.Buffer
	if err := r.Table(&shown); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	all := shown.String() + string(b) + strings.Join(r.Failures(), "\n")
	for _, secret := range []string{"Hopper", "Lovelace", "Bartik", "Keller", "47611", "47612", "47613", "47699"} {
		if strings.Contains(all, secret) {
			t.Errorf("the report tells %s:\n%s", secret, all)
		}
	}
	for i := range r.Results {
		if len(r.Results[i].Examples) == 0 {
			t.Errorf("%s shows no rows", r.Results[i])
		}
	}
	if !strings.Contains(all, "n=1") {
		t.Error("values that are not sensitive are not shown")
	}
}

func TestAReportReadsBack(t *testing.T) {
	ds := table(t, "n,c\n1,a\nx,b\nNA,a\n",
		expect("column_values_to_be_unique", "c", nil),
		expect("column_quantile_values_to_be_between", "n",
			args{"quantile_ranges": args{"quantiles": list{0.5}, "value_ranges": list{list{nil, 3.0}}}}))
	r := run(t, ds, validate.Options{Profile: true})
	first, err := plan.Canonical(r)
	if err != nil {
		t.Fatal(err)
	}
	var again validate.Report
	if err := json.Unmarshal(first, &again); err != nil {
		t.Fatal(err)
	}
	second, err := plan.Canonical(&again)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(first), string(second)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(r.Failures(), again.Failures()); d != "" {
		t.Error(d)
	}
}

func TestTheTableIsReadable(t *testing.T) {
	e := expect("column_values_to_not_be_null", "n", args{"mostly": 0.9})
	e.Severity = "warning"
	r := run(t, table(t, "n,t\n1,a\nNA,b\n", expect("column_values_to_match_regex", "t", args{"regex": "^a"}), e,
		expect("column_mean_to_be_between", "n", args{"min_value": 0.0, "strict_min": true})),
		validate.Options{Dataset: "applications"})
	var b strings.Builder
	if err := r.Table(&b); err != nil {
		t.Fatal(err)
	}
	want := `         EXPECTATION                      ARGUMENTS                    OBSERVED
FAILED   column_values_to_match_regex(t)  regex="^a"                   1 of 2 values unexpected (50 %)
warning  column_values_to_not_be_null(n)  mostly=0.9                   1 of 2 values unexpected (50 %)
ok       column_mean_to_be_between(n)     min_value=0 strict_min=true  mean 1

column_values_to_match_regex(t): 1 unexpected (50 %), such as
  row 2: "b"

column_values_to_not_be_null(n): 1 unexpected (50 %), such as
  row 2: missing

applications: 2 rows, 1 of 3 expectations hold
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
}

func FuzzReport(f *testing.F) {
	f.Add([]byte(`{"results":[{"expectation":{"expectation":"x","kwargs":{"a":[1,{"b":null}]}},"examples":[{"row":-1,"value":"x"}]}],"schema":{"counts":[{"count":3}]}}`))
	f.Add([]byte(`{"success":true,"statistics":{},"profile":{"columns":[{"state":{}}]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var r validate.Report
		if json.Unmarshal(b, &r) != nil {
			return
		}
		if err := r.Table(&bytes.Buffer{}); err != nil {
			t.Fatal(err)
		}
		r.Failures()
		r.Warnings()
		if _, err := plan.Canonical(&r); err != nil {
			t.Fatal(err)
		}
	})
}
