package dataset

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// missingIn reads one column of one type from a file's texts and returns what
// each row holds, "-" where it is missing.
func missingIn(t *testing.T, ds plan.Dataset, opt Options) string {
	t.Helper()
	frames, problems := drain(t, ds, opt)
	if problems != nil {
		t.Fatal(problems)
	}
	var out []string
	for _, f := range frames {
		c := f.Column("v")
		for row := range f.Rows {
			if c.Missing(row) {
				out = append(out, "-")
			} else {
				out = append(out, c.Value(row))
			}
		}
	}
	return strings.Join(out, " ")
}

// A null text is missing however the field is written: bare, quoted, with space
// around it, at the line's end and before another field.
func TestANullTextIsMissingHoweverItIsWritten(t *testing.T) {
	for _, c := range []struct {
		kind  plan.ColumnType
		nulls []string
		text  string
		want  string
	}{
		{plan.Number, []string{"", "-999"}, "-999", "-"},
		{plan.Number, []string{"", "-999"}, "-999.0", "-"},
		{plan.Number, []string{"", "-999"}, "-9.99e2", "-"},
		{plan.Number, []string{"", "-999"}, "-999.5", "-999.5"},
		{plan.Number, []string{"99.90"}, "99.9", "-"},
		{plan.Number, []string{"0"}, "0", "-"},
		{plan.Number, []string{"0"}, "0.1", "0.1"},
		{plan.Number, []string{"000"}, "000", "-"},
		{plan.Number, []string{"000"}, "0", "0"},
		{plan.Number, []string{"1e5"}, "100000", "-"},
		{plan.Number, []string{"NA"}, "NA", "-"},
		{plan.Integer, []string{"", "-1"}, "-1", "-"},
		{plan.Integer, []string{"9999"}, "9999", "-"},
		{plan.Integer, []string{"9999"}, "9999.0", "-"},
		{plan.Integer, []string{"9223372036854775807"}, "9223372036854775807", "-"},
		{plan.Integer, []string{"9223372036854775807"}, "9223372036854775806", "9223372036854775806"},
		{plan.Boolean, []string{"0"}, "0", "-"},
		{plan.Boolean, []string{"0"}, "no", "false"},
		{plan.Boolean, []string{"unknown"}, "unknown", "-"},
		{plan.Timestamp, []string{"1900-01-01"}, "1900-01-01", "-"},
		{plan.Timestamp, []string{"1900-01-01"}, "1900-01-01 00:00:00+00", "-"},
		{plan.Timestamp, []string{"0000-00-00"}, "0000-00-00", "-"},
		{plan.Category, []string{"9"}, "9", "-"},
		{plan.Category, []string{"9"}, "9.0", "9.0"},
		{plan.Text, []string{"-"}, "-", "-"},
	} {
		spellings := []string{c.text, `"` + c.text + `"`}
		if c.kind != plan.Category && c.kind != plan.Text {
			spellings = append(spellings, " "+c.text, c.text+"\t", `" `+c.text+` "`)
		}
		for _, s := range spellings {
			dir := write(t, map[string]string{"t.csv": "x,v,y\r\n1," + s + ",2\r\n", "end.csv": "x,v\n1," + s + "\n",
				"end2.csv": "v\r\n" + s + "\r\n"})
			for _, source := range []string{"t.csv", "end.csv", "end2.csv"} {
				ds := plan.Dataset{Source: source, CSV: plan.CSVOptions{NullValue: c.nulls},
					Columns: map[string]plan.Column{"v": {Type: c.kind, Nullable: true}}}
				if got := missingIn(t, ds, Options{Dir: dir}); got != c.want {
					t.Errorf("%s: %s with null_value %q: %q is %q, want %q", source, c.kind, c.nulls, s, got, c.want)
				}
			}
		}
	}
}

func TestAColumnSaysItsOwnNullTexts(t *testing.T) {
	dir := write(t, map[string]string{"t.csv": "v,w\nNA,NA\nDE,-999\n,1\n"})
	ds := plan.Dataset{Source: "t.csv", Columns: map[string]plan.Column{
		"v": {Type: plan.Category, Nullable: true, NullValue: []string{"DE"}},
		"w": {Type: plan.Integer, Nullable: true, NullValue: []string{"NA", "-999"}},
	}}
	if got := missingIn(t, ds, Options{Dir: dir}); got != "NA - " {
		t.Errorf("with null_value of its own the column is %q", got)
	}
	ds.Columns["v"] = plan.Column{Type: plan.Category, Nullable: true}
	if got := missingIn(t, ds, Options{Dir: dir}); got != "- DE -" {
		t.Errorf("without, it takes the default and is %q", got)
	}
	ds.Columns["v"] = plan.Column{Type: plan.Category, NullValue: []string{}}
	if got := missingIn(t, ds, Options{Dir: dir}); got != "NA DE " {
		t.Errorf("with an empty list nothing is missing, but it is %q", got)
	}
}

func TestTheTextsOfParquetAreValuesUnlessTheColumnSaysOtherwise(t *testing.T) {
	type row struct {
		Text  *string   `parquet:"text,optional"`
		Whole int64     `parquet:"whole"`
		Real  float64   `parquet:"real"`
		When  time.Time `parquet:"when,timestamp(millisecond)"`
	}
	na, de := "NA", "DE"
	epoch := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	rows := []row{{&na, -999, -999, epoch}, {&de, 1, 1.5, epoch.AddDate(100, 0, 0)}, {nil, -999, -999, epoch}}
	dir := write(t, map[string]string{"p.parquet": parquetFile(t, rows)})
	for _, c := range []struct {
		column string
		spec   plan.Column
		want   string
	}{
		{"text", plan.Column{Type: plan.Category, Nullable: true}, "NA DE -"},
		{"text", plan.Column{Type: plan.Category, Nullable: true, NullValue: []string{"NA"}}, "- DE -"},
		{"whole", plan.Column{Type: plan.Integer}, "-999 1 -999"},
		{"whole", plan.Column{Type: plan.Integer, Nullable: true, NullValue: []string{"-999"}}, "- 1 -"},
		{"real", plan.Column{Type: plan.Number, Nullable: true, NullValue: []string{"-999"}}, "- 1.5 -"},
		{"when", plan.Column{Type: plan.Timestamp, Nullable: true, NullValue: []string{"1900-01-01"}},
			"- 2000-01-01T00:00:00Z -"},
	} {
		ds := plan.Dataset{Source: "p.parquet", CSV: plan.CSVOptions{NullValue: []string{"DE", "1"}},
			Columns: map[string]plan.Column{c.column: c.spec}}
		frames, problems := drain(t, ds, Options{Dir: dir})
		var got []string
		for r := range frames[0].Rows {
			if v := "-"; frames[0].Columns[0].Missing(r) {
				got = append(got, v)
			} else {
				got = append(got, frames[0].Columns[0].Value(r))
			}
		}
		if s := strings.Join(got, " "); s != c.want || problems != nil {
			t.Errorf("%s with %q is %q, want %q (%v)", c.column, c.spec.NullValue, s, c.want, problems)
		}
	}
}

func TestANullTextIsAProblemWhereTheColumnIsNotNullable(t *testing.T) {
	dir := write(t, map[string]string{"t.csv": "v\n-999\n3\n"})
	ds := plan.Dataset{Source: "t.csv", CSV: plan.CSVOptions{NullValue: []string{"-999"}},
		Columns: map[string]plan.Column{"v": {Type: plan.Integer}}}
	_, p := drain(t, ds, Options{Dir: dir})
	if p == nil || len(p.Problems) != 1 || p.Problems[0].Kind != NullValue || p.Problems[0].Line != 2 {
		t.Errorf("found %v, want a missing value in line 2", p)
	}
}

func TestWideIntegersAreExactInFramesHoweverTheyAreCut(t *testing.T) {
	type row struct {
		Signed   int64  `parquet:"signed"`
		Unsigned uint64 `parquet:"unsigned"`
	}
	var rows []row
	var text strings.Builder
	text.WriteString("signed,unsigned\n")
	var want []string
	for i := range 5000 {
		r := row{-9_007_199_254_740_993 - int64(i), 18_446_744_073_709_551_615 - uint64(i)}
		if i%3 == 0 {
			r = row{int64(i), uint64(i)}
		}
		rows = append(rows, r)
		line := fmt.Sprintf("%d,%d", r.Signed, r.Unsigned)
		want = append(want, line)
		text.WriteString(line + "\n")
		if i%10 == 1 { // a record that is left out, after its first field was read
			text.WriteString("9223372036854775807,1,2\n")
		}
	}
	dir := write(t, map[string]string{"p.parquet": parquetFile(t, rows,
		parquet.MaxRowsPerRowGroup(700)), "p.csv": text.String()})
	for _, source := range []string{"p.csv", "p.parquet"} {
		ds := plan.Dataset{Source: source,
			Columns: map[string]plan.Column{"signed": {Type: plan.Integer}, "unsigned": {Type: plan.Integer}}}
		frames, _ := drain(t, ds, Options{Dir: dir, BatchRows: 333, Workers: 3})
		whole, err := Concat(frames...)
		if err != nil || whole.Check() != nil {
			t.Fatal(err, whole.Check())
		}
		order := make([]int, whole.Rows)
		for i := range order {
			order[i] = i
		}
		var got []string
		for r, again := 0, whole.Select(order); r < again.Rows; r++ {
			got = append(got, again.Columns[0].Value(r)+","+again.Columns[1].Value(r))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%.2000s", source, d)
		}
	}
}

func TestANumberThatWouldLoseDigitsIsRefused(t *testing.T) {
	type row struct {
		V int64 `parquet:"v"`
	}
	dir := write(t, map[string]string{
		"t.csv":     "v\n1234567890123456789\n12345678901234567168\n12345678901234567000\n1.5e300\n0.12345678901234567890\n",
		"p.parquet": parquetFile(t, []row{{1234567890123456789}, {1 << 60}}),
	})
	for _, source := range []string{"t.csv", "p.parquet"} {
		_, p := drain(t, plan.Dataset{Source: source,
			Columns: map[string]plan.Column{"v": {Type: plan.Number}}}, Options{Dir: dir})
		if p == nil || p.Total != 1 || p.Problems[0].Value != "1234567890123456789" ||
			!strings.Contains(p.Error(), "declare the column an integer") {
			t.Errorf("%s: found %v, want a refusal of the first row alone", source, p)
		}
	}
}
