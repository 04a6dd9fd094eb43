package dataset

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// numbers is a CSV file of the rows from the first number up to the last.
func numbers(first, last int) string {
	var b strings.Builder
	b.WriteString("n,kind\n")
	for i := first; i < last; i++ {
		fmt.Fprintf(&b, "%d,k%d\n", i, i)
	}
	return b.String()
}

func numbered(source string, share float64) plan.Dataset {
	return plan.Dataset{Source: source, Sample: share, Columns: map[string]plan.Column{
		"n": {Type: plan.Integer}, "kind": {Type: plan.Category}}}
}

// sampled returns the numbers of the rows that are read, which must be whole.
func sampled(t *testing.T, ds plan.Dataset, opt Options) []int {
	t.Helper()
	frames, problems := drain(t, ds, opt)
	if problems != nil {
		t.Fatal(problems)
	}
	var out []int
	for _, f := range frames {
		if f.Offset != int64(len(out)) {
			t.Errorf("a frame begins at row %d, want %d", f.Offset, len(out))
		}
		n, kind := f.Column("n"), f.Column("kind")
		for row := range f.Rows {
			out = append(out, int(n.Floats[row]))
			if want := fmt.Sprintf("k%d", out[len(out)-1]); kind.Value(row) != want {
				t.Fatalf("row %d has kind %s, want %s", row, kind.Value(row), want)
			}
		}
		if len(kind.Dict) != f.Rows {
			t.Errorf("%d texts are left of %d rows: others must not go further", len(kind.Dict), f.Rows)
		}
	}
	return out
}

func TestASampleHasItsShareOfTheRows(t *testing.T) {
	const rows = 100_000
	dir := write(t, map[string]string{"a.csv": numbers(0, rows)})
	for _, share := range []float64{0.01, 0.1, 0.5, 0.9} {
		got := len(sampled(t, numbered("a.csv", share), Options{Dir: dir, Seed: 42}))
		// Five standard deviations of a binomial distribution.
		if want := share * rows; math.Abs(float64(got)-want) > 5*math.Sqrt(want*(1-share)) {
			t.Errorf("a sample of %g has %d of %d rows", share, got, rows)
		}
	}
	for _, share := range []float64{0, 1} {
		if got := len(sampled(t, numbered("a.csv", share), Options{Dir: dir})); got != rows {
			t.Errorf("a sample of %g has %d rows, want all", share, got)
		}
	}
}

func TestASampleDependsOnSeedAndPlacesAlone(t *testing.T) {
	dir := write(t, map[string]string{"a.csv": numbers(0, 20_000), "grown.csv": numbers(0, 30_000),
		"many/b.csv": numbers(0, 5_000), "many/c.csv": numbers(5_000, 9_000)})
	ds := numbered("a.csv", 0.1)
	want := sampled(t, ds, Options{Dir: dir, Seed: 7})
	for name, opt := range map[string]Options{
		"one worker": {Dir: dir, Seed: 7, Workers: 1}, "small frames": {Dir: dir, Seed: 7, BatchRows: 33},
	} {
		if !slices.Equal(sampled(t, ds, opt), want) {
			t.Errorf("%s: other rows are chosen", name)
		}
	}
	if slices.Equal(sampled(t, ds, Options{Dir: dir, Seed: 8}), want) {
		t.Error("another seed chooses the same rows")
	}
	larger := sampled(t, numbered("a.csv", 0.2), Options{Dir: dir, Seed: 7})
	for _, n := range want {
		if !slices.Contains(larger, n) {
			t.Fatalf("row %d is in the smaller sample and not in the larger one", n)
		}
	}

	many := numbered("many/*.csv", 0.1)
	both := sampled(t, many, Options{Dir: dir, Seed: 7})
	if first := sampled(t, numbered("many/b.csv", 0.1), Options{Dir: dir, Seed: 7}); !slices.Equal(both[:len(first)], first) {
		t.Error("a second file changes which rows of the first are chosen")
	}
	var parts []int
	for i := range 2 {
		parts = append(parts, sampled(t, many, Options{Dir: dir, Seed: 7, Part: Part{i, 2}})...)
	}
	if !slices.Equal(parts, both) {
		t.Error("parts choose other rows than the whole")
	}
	if err := os.Rename(filepath.Join(dir, "grown.csv"), filepath.Join(dir, "a.csv")); err != nil {
		t.Fatal(err)
	}
	if grown := sampled(t, ds, Options{Dir: dir, Seed: 7}); len(grown) <= len(want) ||
		!slices.Equal(grown[:len(want)], want) {
		t.Error("rows at the end change which of the rows before are chosen")
	}
}

func TestASampleOfParquetIsThatOfItsPlaces(t *testing.T) {
	type row struct {
		N    int64  `parquet:"n"`
		Kind string `parquet:"kind,dict"`
	}
	rows := make([]row, 20_000)
	for i := range rows {
		rows[i] = row{int64(i), fmt.Sprintf("k%d", i)}
	}
	// Row groups end where a batch need not.
	dir := write(t, map[string]string{"a.parquet": parquetFile(t, rows, parquet.MaxRowsPerRowGroup(1_234))})
	ds := numbered("a.parquet", 0.1)
	ds.Format = "parquet"
	got := sampled(t, ds, Options{Dir: dir, Seed: 7})
	if again := sampled(t, ds, Options{Dir: dir, Seed: 7, BatchRows: 100}); !slices.Equal(again, got) ||
		len(got) < 1_700 || len(got) > 2_300 {
		t.Errorf("%d rows, then %d", len(got), len(again))
	}
}

func TestWhatASampleLeavesOutIsCountedAndChecked(t *testing.T) {
	text := numbers(0, 1_000) + "many,k1\n"
	dir := write(t, map[string]string{"a.csv": text, "few.csv": numbers(0, 3)})
	frames, problems := drain(t, numbered("a.csv", 0.05), Options{Dir: dir, Seed: 1})
	if problems == nil || problems.Total != 1 || problems.Problems[0].Row != 1_001 || problems.Rows != 1_001 {
		t.Errorf("%d frames, %+v", len(frames), problems)
	}
	_, err := ReadAll(t.Context(), numbered("few.csv", 0.000001), Options{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "few.csv: a sample of 1e-06 holds none of 3 rows: raise sample") {
		t.Errorf("an empty sample: %v", err)
	}
	r, err := Open(t.Context(), numbered("a.csv", 0.05), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if _, err := r.readAll(); err == nil || r.SourceRows() != 1_001 {
		t.Errorf("%d rows are behind the sample (%v)", r.SourceRows(), err)
	}
}
