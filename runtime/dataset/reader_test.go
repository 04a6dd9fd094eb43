package dataset

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// write puts files into a new folder and returns it.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// people is a small dataset with a column of every type.
func people(source string) plan.Dataset {
	return plan.Dataset{Source: source, Columns: map[string]plan.Column{
		"name":   {Type: plan.Text, Nullable: true},
		"age":    {Type: plan.Integer, Nullable: true},
		"income": {Type: plan.Number, Nullable: true},
		"member": {Type: plan.Boolean, Nullable: true},
		"status": {Type: plan.Category, Nullable: true, Values: []string{"good", "bad"}},
		"since":  {Type: plan.Timestamp, Nullable: true},
	}}
}

// drain reads frames to the end.
func drain(t testing.TB, ds plan.Dataset, opt Options) ([]*Frame, *SchemaError) {
	t.Helper()
	r, err := Open(context.Background(), ds, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	var frames []*Frame
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return frames, r.Problems()
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Check(); err != nil {
			t.Fatal(err)
		}
		frames = append(frames, f)
	}
}

// equalFrames compares frames with NaN equal to itself.
func equalFrames(t testing.TB, got, want []*Frame) {
	t.Helper()
	if slices.EqualFunc(got, want, sameFrame) { // cmp is slow on large frames
		return
	}
	if d := cmp.Diff(want, got, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("frames differ (-want +got):\n%s", d)
	}
}

func sameFrame(a, b *Frame) bool {
	return a.Rows == b.Rows && a.Offset == b.Offset && slices.EqualFunc(a.Columns, b.Columns, func(a, b Column) bool {
		return a.Name == b.Name && a.Type == b.Type && slices.Equal(a.Codes, b.Codes) && slices.Equal(a.Dict, b.Dict) &&
			slices.EqualFunc(a.Floats, b.Floats,
				func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })
	})
}

// all reads a dataset without problems.
func all(t testing.TB, ds plan.Dataset, opt Options) []*Frame {
	t.Helper()
	f, err := ReadAll(context.Background(), ds, opt)
	if err != nil {
		t.Fatal(err)
	}
	return []*Frame{f}
}

func TestReadAllTypesEveryColumn(t *testing.T) {
	dir := write(t, map[string]string{"people.csv": "\xef\xbb\xbfname,age,income,member,status,since,extra\r\n" +
		"\"O\"\"Neil, \nAnn\",34,1.5e3,true,bad,2024-02-29,x\r\n" +
		"\r\n" +
		",3.0,NA,NO,good,2024-02-29T12:00:00.5+02:00,\"\"\r\n" +
		"Bob,,-0.25,1,,1969-12-31 23:59:59,y"})
	nan := math.NaN()
	equalFrames(t, all(t, people("people.csv"), Options{Dir: dir}), []*Frame{{Rows: 3, Columns: []Column{
		{Name: "name", Type: plan.Text, Codes: []int32{0, -1, 1}, Dict: []string{"O\"Neil, \nAnn", "Bob"}},
		{Name: "age", Type: plan.Integer, Floats: []float64{34, 3, nan}},
		{Name: "income", Type: plan.Number, Floats: []float64{1500, nan, -0.25}},
		{Name: "member", Type: plan.Boolean, Floats: []float64{1, 0, 1}},
		{Name: "status", Type: plan.Category, Codes: []int32{1, 0, -1}, Dict: []string{"good", "bad"}},
		{Name: "since", Type: plan.Timestamp, Floats: []float64{1709164800, 1709200800.5, -1}},
	}}})
}

func TestProblemsAreAllReportedAtOnce(t *testing.T) {
	ds := people("people.csv")
	ds.Columns["status"] = plan.Column{Type: plan.Category, Values: []string{"good", "bad"}}
	ds.Columns["salary"] = plan.Column{Type: plan.Number}
	dir := write(t, map[string]string{"people.csv": "name,age,income,member,status,since,salry\n" +
		"Ann,34.5,1,true,good,2024-01-01,1\n" + // 1
		"Bob,34,1\n" + // 2: ragged
		"Cem,34,lots,maybe,gud,2024-13-01,1\n" + // 3
		"\"Dan,34,1,true,bad,2024-01-01,1\n" + // 4: a quote left open
		"\"Eve\",34,1,true,,2024-01-01,1\n" + // 5: null
		"F\xff,18446744073709551616,inf,true,bad,2024-01-01,1\n" + // 6
		"G\x00,1,2,3,bad,2024-01-01,1\n"}) // 7
	frames, problems := drain(t, ds, Options{Dir: dir})
	if frames[0].Rows != 5 || problems.Skipped != 2 {
		t.Errorf("kept %d rows and skipped %d, want 5 and 2", frames[0].Rows, problems.Skipped)
	}
	var got []string
	for _, p := range problems.Problems {
		got = append(got, p.String())
	}
	want := []string{
		`people.csv:1: column "salary": "name, age, income, member, status, since, salry": want a column in the header; did you mean "salry"?`,
		`people.csv:2 (row 1): column "age": "34.5": want an integer of at most 64 bits; declare the column a number, or a category if it is an identifier`,
		`people.csv:3 (row 2): "Bob,34,1": want 7 fields as in the header, found 3; is a field with the delimiter but without quotes?`,
		`people.csv:4 (row 3): column "income": "lots": want a number`,
		`people.csv:4 (row 3): column "member": "maybe": want true or false, yes or no, t or f, 1 or 0`,
		`people.csv:4 (row 3): column "status": "gud": want one of "good", "bad"; did you mean "good"?`,
		`people.csv:4 (row 3): column "since": "2024-13-01": want a timestamp: RFC 3339 or YYYY-MM-DD`,
		`people.csv:5 (row 4): "\"Dan,34,1,true,bad,2024-01-01,1": want a closing quote within 1 MiB, then a delimiter or the line's end; write a quote inside quotes twice`,
		`people.csv:6 (row 5): column "status": want a value: the column is not nullable; set nullable: true if a value may be missing`,
		`people.csv:7 (row 6): column "name": "F\xff": want UTF-8 text; save the file as UTF-8`,
		`people.csv:7 (row 6): column "age": "18446744073709551616": want an integer of at most 64 bits; declare the column a number, or a category if it is an identifier`,
		`people.csv:7 (row 6): column "income": "inf": want a number`,
		`people.csv:8 (row 7): column "name": "G\x00": want text without NUL bytes`,
		`people.csv:8 (row 7): column "member": "3": want true or false, yes or no, t or f, 1 or 0`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("problems differ (-want +got):\n%s", d)
	}
	if _, err := ReadAll(context.Background(), ds, Options{Dir: dir}); !strings.Contains(err.Error(),
		"14 problems in 7 rows (2 left out)") {
		t.Errorf("ReadAll's error does not sum up: %v", err)
	}
}
