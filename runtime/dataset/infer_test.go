package dataset

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestInferGuessesWhatABlueprintWouldDeclare(t *testing.T) {
	var text strings.Builder
	text.WriteString("id;postcode;age;income;ok;paid;joined;note;empty\n")
	for i := range 100 {
		fmt.Fprintf(&text, "%d;%05d;%s;%s;%t;%s;2024-01-%02d;\"text; %d\";\n", i, i%60, []string{"31", "NA", "4"}[i%3],
			[]string{"1.5", "?"}[i%2], i%2 == 0,
			[]string{"Yes", "No", "None"}[i%3], 1+i%28, i)
	}
	dir := write(t, map[string]string{"d.csv": text.String()})
	got, err := Infer(context.Background(), plan.Dataset{Source: "d.csv"}, Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	want := &Inferred{
		Rows: 100, Header: []string{"id", "postcode", "age", "income", "ok", "paid", "joined", "note", "empty"},
		Dataset: plan.Dataset{Source: "d.csv", Format: "csv",
			CSV: plan.CSVOptions{Delimiter: ";", NullValue: []string{"", "?", "NA"}},
			Columns: map[string]plan.Column{
				"id": {Type: plan.Integer}, "postcode": {Type: plan.Text}, "age": {Type: plan.Integer, Nullable: true},
				"income": {Type: plan.Number, Nullable: true}, "ok": {Type: plan.Boolean},
				"paid":   {Type: plan.Category, Values: []string{"No", "None", "Yes"}},
				"joined": {Type: plan.Timestamp}, "note": {Type: plan.Text}, "empty": {Type: plan.Text, Nullable: true},
			}},
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Inferred{}, "Seen")); d != "" {
		t.Errorf("inferred something else (-want +got):\n%s", d)
	}
	if _, problems := drain(t, got.Dataset, Options{Dir: dir}); problems != nil {
		t.Errorf("reading by the guess finds %v", problems)
	}
}

func TestInferOfParquetFollowsItsTypes(t *testing.T) {
	rows, _ := persons(300)
	dir := write(t, map[string]string{"p.parquet": parquetFile(t, rows)})
	got, err := Infer(context.Background(), plan.Dataset{Source: "p.parquet"}, Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]plan.ColumnType{"name": plan.Text, "age": plan.Integer,
		"income": plan.Number, "member": plan.Boolean,
		"status": plan.Category, "since": plan.Timestamp, "extra": plan.Integer} {
		if c := got.Dataset.Columns[name]; c.Type != want || c.Nullable != (name != "extra") {
			t.Errorf("%s is a %s, nullable %t; want a %s", name, c.Type, c.Nullable, want)
		}
	}
}

func TestInferReportsBrokenRows(t *testing.T) {
	dir := write(t, map[string]string{"d.csv": "a,b\n1,2\n3\n"})
	if _, err := Infer(context.Background(), plan.Dataset{Source: "d.csv"}, Options{Dir: dir}); err == nil ||
		!strings.Contains(err.Error(), "d.csv:3 (row 2)") {
		t.Errorf("error %v", err)
	}
}
