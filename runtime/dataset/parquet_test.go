package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// person is a row of people as Parquet.
type person struct {
	Name   *string    `parquet:"name,optional,dict"`
	Age    *int32     `parquet:"age,optional"`
	Income *float64   `parquet:"income,optional"`
	Member *bool      `parquet:"member,optional"`
	Status *string    `parquet:"status,optional,zstd"`
	Since  *time.Time `parquet:"since,optional,timestamp(microsecond)"`
	Extra  int64      `parquet:"extra"`
}

func parquetFile[T any](t testing.TB, rows []T, options ...parquet.WriterOption) string {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// persons makes the same rows for a Parquet file and a CSV file, every seventh
// value missing.
func persons(n int) ([]person, string) {
	var rows []person
	text := "name,age,income,member,status,since,extra\n"
	for i := range n {
		var p person
		field := func(j int, v string, set func()) string {
			if (i+j)%7 == 0 {
				return ""
			}
			set()
			return v
		}
		name, age, income, member := fmt.Sprintf("n%d", i%100), int32(i%90), float64(i)/3, i%3 == 0
		status, since := []string{"good", "bad"}[i%2], time.Unix(int64(i)*86_000, 125_000_000).UTC()
		text += strings.Join([]string{
			field(0, name, func() { p.Name = &name }), field(1, fmt.Sprint(age), func() { p.Age = &age }),
			field(2, fmt.Sprint(income), func() { p.Income = &income }),
			field(3, fmt.Sprint(member), func() { p.Member = &member }),
			field(4, status, func() { p.Status = &status }),
			field(5, since.Format(time.RFC3339Nano), func() { p.Since = &since }), "0",
		}, ",") + "\n"
		rows = append(rows, p)
	}
	return rows, text
}

func TestParquetReadsAsTheSameTableInCSV(t *testing.T) {
	rows, text := persons(3000)
	dir := write(t, map[string]string{
		"p.csv":      text,
		"p.parquet":  parquetFile(t, rows, parquet.MaxRowsPerRowGroup(1100), parquet.PageBufferSize(512)),
		"parts/1.pq": parquetFile(t, rows[:1000]), "parts/2.pq": parquetFile(t, rows[1000:]),
	})
	want := all(t, people("p.csv"), Options{Dir: dir})
	equalFrames(t, all(t, people("p.parquet"), Options{Dir: dir, BatchRows: 500}), want)
	equalFrames(t, all(t, people("parts/*.pq"), Options{Dir: dir}), want)
}

// odd has what people's columns are not, and every kind of number.
type odd struct {
	Decimal int64            `parquet:"decimal,decimal(2:18)"`
	Day     int32            `parquet:"day,date"`
	Stamp   deprecated.Int96 `parquet:"stamp"`
	Big     uint64           `parquet:"big"`
	ID      [16]byte         `parquet:"id,uuid"`
	Float   float32          `parquet:"float"`
	Digits  string           `parquet:"digits"`
	Flag    bool             `parquet:"flag"`
	Tags    []string         `parquet:"tags,list"`
}

func TestParquetLogicalTypes(t *testing.T) {
	noon := uint64(12 * time.Hour)
	row := odd{Decimal: -1205, Day: 19782,
		Stamp: deprecated.Int96{uint32(noon), uint32(noon >> 32), 2_440_589}, Big: 1 << 60,
		ID: [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, Float: 0.1, Digits: " 42 ",
		Flag: true, Tags: []string{"a"}}
	dir := write(t, map[string]string{"o.parquet": parquetFile(t, []odd{row})})
	for column, kinds := range map[string]map[plan.ColumnType]string{
		"decimal": {plan.Number: "-12.05", plan.Text: "-12.05", plan.Integer: "!-12.05", plan.Timestamp: "!-12.05"},
		"day":     {plan.Timestamp: "2024-02-29T00:00:00Z", plan.Text: "2024-02-29", plan.Number: "!2024-02-29"},
		"stamp": {plan.Timestamp: "1970-01-02T12:00:00Z", plan.Category: "1970-01-02T12:00:00Z",
			plan.Integer: "!1970-01-02T12:00:00Z"},
		"big": {plan.Integer: "1152921504606846976", plan.Text: "1152921504606846976",
			plan.Number: "1152921504606847000"},
		"id":     {plan.Text: "01020304-0506-0708-090a-0b0c0d0e0f10"},
		"float":  {plan.Number: "0.10000000149011612", plan.Text: "0.1", plan.Boolean: "!0.1", plan.Integer: "!0.1"},
		"digits": {plan.Integer: "42", plan.Text: " 42 ", plan.Boolean: "! 42 "},
		"flag":   {plan.Boolean: "true", plan.Integer: "1", plan.Text: "true", plan.Timestamp: "!true"},
	} {
		for kind, want := range kinds {
			ds := plan.Dataset{Source: "o.parquet",
				Columns: map[string]plan.Column{column: {Type: kind, Nullable: true}}}
			frames, problems := drain(t, ds, Options{Dir: dir})
			got := frames[0].Columns[0].Value(0)
			if problems != nil {
				got = "!" + problems.Problems[0].Value
			}
			if got != want {
				t.Errorf("%s as %s is %q, want %q", column, kind, got, want)
			}
		}
	}
}

func TestParquetProblemsNameRowAndColumn(t *testing.T) {
	type row struct {
		Age    *float64 `parquet:"age,optional"`
		Status string   `parquet:"status"`
		Tags   []string `parquet:"tags,list"`
	}
	half, nan := 0.5, math.NaN()
	dir := write(t, map[string]string{"p.parquet": parquetFile(t,
		[]row{{Age: &half, Status: "good"}, {Status: "gut"}, {Age: &nan, Status: "x\xff"}})})
	_, problems := drain(t, plan.Dataset{Source: "p.parquet", Columns: map[string]plan.Column{
		"age": {Type: plan.Integer}, "status": {Type: plan.Category, Values: []string{"good", "bad"}},
		"tags": {Type: plan.Text}, "gone": {Type: plan.Text},
	}}, Options{Dir: dir})
	var got []string
	for _, p := range problems.Problems {
		got = append(got, fmt.Sprintf("%s %s %d %q", p.Kind, p.Column, p.Row, p.Value))
	}
	want := []string{
		`missing_column gone 0 "age, status, tags"`, `type tags 0 "repeated group tags (LIST)"`, `type age 1 "0.5"`,
		`null age 2 ""`, `null age 3 ""`,
		`category status 2 "gut"`, "encoding status 3 \"x\\xff\"",
	}
	if len(got) > 1 {
		got[1] = want[1] // the library's own words for the type
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("problems differ (-want +got):\n%s", d)
	}
}

func TestDamagedParquetIsAnErrorAndNotAPanic(t *testing.T) {
	rows, _ := persons(200)
	whole := parquetFile(t, rows)
	for i := 0; i < len(whole); i += 1 + len(whole)/400 {
		damaged := []byte(whole)
		damaged[i] ^= 0xff
		dir := write(t, map[string]string{"p.parquet": string(damaged), "cut.parquet": whole[:i]})
		for _, source := range []string{"p.parquet", "cut.parquet"} {
			r, err := Open(context.Background(), people(source), Options{Dir: dir})
			for n := 0; err == nil && n < 1000; n++ {
				_, err = r.Next()
			}
			if err == nil {
				t.Fatalf("byte %d changed: the file never ends", i)
			}
			if source == "cut.parquet" && errors.Is(err, io.EOF) && r.Problems() == nil {
				t.Fatalf("a file cut at byte %d reads as whole", i)
			}
			if r != nil {
				_ = r.Close()
			}
		}
	}
}
