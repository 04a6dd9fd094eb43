package dataset

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestBadRowsAreSkippedAndNothingElseIsLost(t *testing.T) {
	long := strings.Repeat("x", MaxFieldBytes+1)
	for name, c := range map[string]struct {
		rows string
		want string // the kept rows, c0|c1, comma-separated
		kind Kind
	}{
		"too few fields":               {"a,b\nc\nd,e\n", "a|b,d|e", Ragged},
		"too many fields":              {"a,b\nc,d,\"e\n,f\"\nd,e\n", "a|b,d|e", Ragged},
		"a quote left open":            {"a,b\n\"c,d\ne,f\n", "a|b,e|f", Quote},
		"a quote left open in a field": {"a,b\nc,\"d\n\"e\",f\n", "a|b,e|f", Quote},
		"a quote left open at the end": {"a,b\nc,\"d", "a|b", Quote},
		"text after a quote":           {"a,b\n\"c\"x,d\ne,f\n", "a|b,e|f", Quote},
		"a broken quote in a surplus":  {"a,b\nc,d,\"e\nf,g\n", "a|b,f|g", Quote},
		"quotes open for over 1 MiB": {"a,b\n\"" + strings.Repeat("xy\n", MaxFieldBytes) +
			"\",d\ne,f\n", "a|b,e|f", Quote},
		"an inch sign is only a sign":     {"a,5\" pipe\nb,say \"hi\"\n", "a|5\" pipe,b|say \"hi\"", ""},
		"a newline in a field":            {"a,\"b\nb\"\n", "a|b\nb", ""},
		"quotes of quotes":                {"\"\"\"\",\"\"\na,\"\"\"b\"\"\"\n", "\"|,a|\"b\"", ""},
		"blank lines":                     {"\n\na,b\r\n\r\n\nc,d", "a|b,c|d", ""},
		"a lone return is a character":    {"a\rb,c\n", "a\rb|c", ""},
		"over 1 MiB in a field":           {"a," + long + "\nb,c\n", "a|,b|c", TooLong},
		"over 1 MiB in a field of quotes": {"a,\"" + long + "\"\nb,c\n", "b|c", Quote},
		"a NUL byte":                      {"a,b\x00\nb,c\n", "a|,b|c", NULByte},
		"Latin-1":                         {"a,caf\xe9\nb,c\n", "a|,b|c", Encoding},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, map[string]string{"t.csv": "c0,c1\n" + c.rows})
			frames, problems := drain(t, texts("t.csv", 2), Options{Dir: dir})
			var got []string
			for _, row := range rowsOf(frames) {
				got = append(got, strings.Join(row, "|"))
			}
			// of the field of many lines, whose lines are rows when it breaks, only the rest matters
			if name == "quotes open for over 1 MiB" {
				got = []string{got[0], got[len(got)-1]}
				problems.Problems = problems.Problems[:1]
			}
			if s := strings.Join(got, ","); s != c.want {
				t.Errorf("kept %.100q, want %q", s, c.want)
			}
			switch {
			case c.kind == "" && problems != nil:
				t.Errorf("found %v", problems)
			case c.kind != "" && (problems == nil || len(problems.Problems) != 1 ||
				problems.Problems[0].Kind != c.kind):
				t.Errorf("found %v, want one problem of kind %s", problems, c.kind)
			}
		})
	}
}

func TestHeadersAreChecked(t *testing.T) {
	number := map[string]plan.Column{"Age": {Type: plan.Number}, "Income": {Type: plan.Number}}
	for text, want := range map[string]string{
		"Age;Income\n1;2\n":                   `set csv.delimiter to ";"`,
		"Age,x,x,,,Age,Income\n0,,,,,2,3\n":   "want a column name once; field 6 is left out; rename it",
		"Age,Incmoe\n1,2\n":                   `did you mean "Incmoe"?`,
		"1,2\n3,4\n":                          "is the header missing?",
		"Age,Something entirely other\n1,2\n": "declare the column optional if it may be absent",
	} {
		dir := write(t, map[string]string{"t.csv": text})
		_, problems := drain(t, plan.Dataset{Source: "t.csv", Columns: number}, Options{Dir: dir})
		if problems == nil || !strings.Contains(problems.Error(), want) {
			t.Errorf("%q: %v, want %q", text, problems, want)
		}
	}
}

func TestUndeclaredColumnsAreNoticedAndLeftOut(t *testing.T) {
	dir := write(t, map[string]string{"t.csv": "x,a,y\n1,2,\"3\n\"\n"})
	ds := plan.Dataset{Source: "t.csv", Columns: map[string]plan.Column{"a": {Type: plan.Number},
		"maybe": {Type: plan.Text, Optional: true}}}
	r, err := Open(t.Context(), ds, Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f, err := r.Next()
	if err != nil || len(f.Columns) != 1 || f.Columns[0].Floats[0] != 2 {
		t.Fatalf("frame %v, error %v", f, err)
	}
	if n := r.Notices(); len(n) != 2 || n[0].Column != "x" || n[1].Column != "y" || n[0].Kind != ExtraColumn {
		t.Errorf("notices are %v", n)
	}
	if r.Problems() != nil || len(r.Header()) != 3 {
		t.Errorf("problems %v, header %q", r.Problems(), r.Header())
	}
}

func TestProblemsAreBoundedAndCounted(t *testing.T) {
	var text strings.Builder
	text.WriteString("a,b\n")
	for i := range 50_000 {
		fmt.Fprintf(&text, "bad%d,%s\n", i, strings.Repeat("é", 60))
		if i%100 == 0 {
			text.WriteString("ragged\n")
		}
	}
	dir := write(t, map[string]string{"t.csv": text.String()})
	ds := plan.Dataset{Source: "t.csv", Columns: map[string]plan.Column{"a": {Type: plan.Number},
		"b": {Type: plan.Boolean}}}
	_, p := drain(t, ds, Options{Dir: dir})
	if len(p.Problems) != 3*MaxExamples || p.Total != 100_500 || p.Rows != 50_000 || p.Skipped != 500 {
		t.Errorf("%d examples of %d problems in %d rows, %d skipped", len(p.Problems), p.Total, p.Rows, p.Skipped)
	}
	for _, x := range p.Problems {
		if x.Line != x.Row+1 || x.Kind == Ragged && (x.Row-2)%101 != 0 || len(x.Value) > 80 {
			t.Errorf("misplaced or long: %v", x)
		}
	}
	raw, err := json.Marshal(p)
	var back SchemaError
	if err == nil {
		err = json.Unmarshal(raw, &back)
	}
	if err != nil || back.Error() != p.Error() {
		t.Errorf("the error does not survive JSON: %v", err)
	}
}

func TestSchemaErrorReadsWell(t *testing.T) {
	dir := write(t, map[string]string{"t.csv": "age,ok\n1,yes\nx,no\ny,\nz,no\nw,no\n1\n"})
	ds := plan.Dataset{Source: "t.csv", Columns: map[string]plan.Column{"age": {Type: plan.Integer},
		"ok": {Type: plan.Boolean}}}
	_, p := drain(t, ds, Options{Dir: dir})
	want := `t.csv: the data is not what the blueprint declares: 6 problems in 6 rows (1 left out)
  rows: 1 row with too few or too many fields: want 2 fields as in the header, found 1; is a field with the delimiter but without quotes?
    t.csv:7 (row 6): "1"
  column "age": 4 values of another type: want an integer of at most 64 bits
    t.csv:3 (row 2): "x"
    t.csv:4 (row 3): "y"
    t.csv:5 (row 4): "z"
    and 1 more
  column "ok": 1 missing value: want a value: the column is not nullable; set nullable: true if a value may be missing
    t.csv:4 (row 3)`
	if p.Error() != want {
		t.Errorf("the error reads\n%s\nwant\n%s", p.Error(), want)
	}
}

func TestDelimitersAreChecked(t *testing.T) {
	dir := write(t, map[string]string{"t.csv": "c0\tc1\n1\t\"2\t3\"\n"})
	ds := texts("t.csv", 2)
	ds.CSV.Delimiter = "\t"
	if got := rowsOf(all(t, ds, Options{Dir: dir})); got[0][1] != "2\t3" {
		t.Errorf("rows are %q", got)
	}
	for _, bad := range []string{"ab", "\"", "\n", "é", "x", "7", ".", "-", "\x00"} {
		ds.CSV.Delimiter = bad
		if _, err := Open(t.Context(), ds, Options{Dir: dir}); err == nil ||
			!strings.Contains(err.Error(), "csv.delimiter") {
			t.Errorf("delimiter %q: %v", bad, err)
		}
	}
}

func TestShortLinesUnderAWideHeaderTakeLittleMemory(t *testing.T) {
	columns := 9000
	ds := texts("t.csv", columns)
	var header []string
	for c := range columns {
		name := fmt.Sprintf("c%d", c)
		ds.Columns[name] = plan.Column{Type: plan.Number}
		header = append(header, name)
	}
	dir := write(t, map[string]string{"t.csv": strings.Join(header, ",") + "\n" +
		strings.Repeat("1\n", 16_000) + strings.Repeat("1,", columns-1) + "1\n"})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	frames, problems := drain(t, ds, Options{Dir: dir, Workers: 1})
	runtime.ReadMemStats(&after)
	if frames[0].Rows != 1 || problems.Skipped != 16_000 {
		t.Errorf("%d rows kept, %d skipped", frames[0].Rows, problems.Skipped)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 100<<20 {
		t.Errorf("took %d MiB", took>>20)
	}
}
