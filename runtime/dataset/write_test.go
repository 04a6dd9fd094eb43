package dataset

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestWholeNumbersAreWrittenWithoutAnExponent(t *testing.T) {
	text := "i,n,b,w\n12345678,100000000,true,18446744073709551615\n100000000,1234567.5,false,-9223372036854775808\n-7,0.000001,true,0\n3,9007199254740992,false,9007199254740993\n"
	dir := write(t, map[string]string{"t.csv": text})
	ds := plan.Dataset{Source: "t.csv", Columns: map[string]plan.Column{"i": {Type: plan.Integer},
		"n": {Type: plan.Number}, "b": {Type: plan.Boolean}, "w": {Type: plan.Integer}}}
	var b bytes.Buffer
	if err := WriteCSV(&b, all(t, ds, Options{Dir: dir})[0], ds); err != nil {
		t.Fatal(err)
	}
	if b.String() != text {
		t.Errorf("written as\n%s\nwant\n%s", b.String(), text)
	}
}

func TestAStageTellsAnEmptyTextFromAMissingOne(t *testing.T) {
	for _, c := range []struct {
		nulls []string
		text  string
		want  string
	}{
		{nil, "v,w\na,1\n,\nNA,2\n", "v,w\na,1\n,\n,2\n"},
		{[]string{"NA"}, "v,w\n\"\",1\nNA,NA\n", "v,w\n\"\",1\nNA,NA\n"},
		{[]string{"-", ""}, "v,w\n-,1\n,-\n", "v,w\n,1\n,\n"},
	} {
		dir := write(t, map[string]string{"t.csv": c.text})
		ds := plan.Dataset{Source: "t.csv", CSV: plan.CSVOptions{NullValue: c.nulls},
			Columns: map[string]plan.Column{"v": {Type: plan.Category, Nullable: true},
				"w": {Type: plan.Integer, Nullable: true}}}
		var b bytes.Buffer
		if err := WriteCSV(&b, all(t, ds, Options{Dir: dir})[0], ds); err != nil || b.String() != c.want {
			t.Errorf("null_value %q: written as %q, want %q (%v)", c.nulls, b.String(), c.want, err)
		}
	}
}

// Whatever a frame holds, from CSV or Parquet, reads back from what is written
// for a stage.
// alphabet is texts that readers take for something else.
var alphabet = []string{"", "NA", "NULL", `\N`, "null", "a", " a", "a ", "\"", ",", "\n", "\r", "\r\n", "é", "\ufeffx",
	`\.`, "37E4", "1.0", "-999"}

func TestWhatIsWrittenReadsBackAsTheSameFrame(t *testing.T) {
	type row struct {
		V *string  `parquet:"v,optional"`
		N *float64 `parquet:"n,optional"`
		I *int64   `parquet:"i,optional"`
		B *bool    `parquet:"b,optional"`
		T *int64   `parquet:"t,optional,timestamp(microsecond)"`
	}
	random := rand.New(rand.NewPCG(21, 22))
	columns := map[string]plan.Column{"v": {Type: plan.Category}, "n": {Type: plan.Number}, "i": {Type: plan.Integer},
		"b": {Type: plan.Boolean}, "t": {Type: plan.Timestamp}}
	for name, c := range columns {
		c.Nullable = true
		columns[name] = c
	}
	for range 40 {
		rows := make([]row, 1+random.IntN(60))
		for r := range rows {
			x := &rows[r]
			maybe := func(set func()) {
				if random.IntN(4) > 0 {
					set()
				}
			}
			maybe(func() { s := alphabet[random.IntN(len(alphabet))]; x.V = &s })
			maybe(func() { v := random.NormFloat64() * []float64{1, 1e-9, 1e12, 1e300}[random.IntN(4)]; x.N = &v })
			maybe(func() { v := int64(random.Uint64() >> random.IntN(64)); x.I = &v })
			maybe(func() { v := random.IntN(2) == 0; x.B = &v })
			maybe(func() { v := random.Int64N(4e15) - 2e15; x.T = &v })
		}
		dir := write(t, map[string]string{"p.parquet": parquetFile(t, rows, parquet.MaxRowsPerRowGroup(25))})
		for _, only := range []string{"", "v", "n"} { // one column alone: its line may be blank
			ds := plan.Dataset{Source: "p.parquet", Columns: columns}
			if only != "" {
				ds.Columns = map[string]plan.Column{only: columns[only]}
			}
			first, err := ReadAll(t.Context(), ds, Options{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := WriteCSV(&b, first, ds); err != nil {
				t.Fatal(err)
			}
			again := AsWritten(first, ds)
			again.Source = "back.csv"
			second, err := ReadAll(t.Context(), again,
				Options{Dir: write(t, map[string]string{"back.csv": b.String()})})
			if err != nil {
				t.Fatalf("%v\n%q", err, b.String())
			}
			equalFrames(t, []*Frame{second}, []*Frame{first})
			var twice bytes.Buffer
			if err := WriteCSV(&twice, second, again); err != nil || twice.String() != b.String() {
				t.Fatalf("written again it differs (%v)", err)
			}
		}
	}
}

func TestMarksAndReturnsOfOtherSystemsAreRead(t *testing.T) {
	for name, text := range map[string]string{
		"two marks":            "\ufeff\ufeffc0,c1\na,b\n",
		"three marks":          "\ufeff\ufeff\ufeffc0,c1\r\na,b\r\n",
		"returns only":         "c0,c1\ra,b\r",
		"returns, no last one": "c0,c1\ra,b",
		"returns and a mark":   "\ufeffc0,c1\r\"a\",b\r",
	} {
		dir := write(t, map[string]string{"t.csv": text})
		frames, problems := drain(t, texts("t.csv", 2), Options{Dir: dir})
		if got := rowsOf(frames); problems != nil || len(got) != 1 || strings.Join(got[0], "|") != "a|b" {
			t.Errorf("%s: %q, %v", name, got, problems)
		}
	}
}

func TestSpaceAroundACategoryIsNamed(t *testing.T) {
	dir := write(t, map[string]string{"t.csv": "v\ngood \n"})
	_, p := drain(t, plan.Dataset{Source: "t.csv",
		Columns: map[string]plan.Column{"v": {Type: plan.Category,
			Values: []string{"bad", "good"}}}}, Options{Dir: dir})
	if p == nil || !strings.Contains(p.Error(), `it is "good" but for the space around it`) {
		t.Errorf("%v", p)
	}
}
