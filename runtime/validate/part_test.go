package validate_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/validate"
)

// everything is an expectation of every kind of measure.
func everything() []plan.Expectation {
	return []plan.Expectation{
		expect("table_row_count_to_be_between", "", args{"min_value": 1.0}),
		expect("table_columns_to_match_set", "", args{"column_set": list{"n", "t"}}),
		expect("column_to_exist", "i", nil),
		expect("column_values_to_not_be_null", "n", args{"mostly": 0.5}),
		expect("column_values_to_be_between", "n", args{"min_value": -1.0, "max_value": 1.0}),
		expect("column_values_to_be_unique", "n", nil),
		expect("column_values_to_be_unique", "t", nil),
		expect("column_values_to_match_regex", "t", args{"regex": "^t1"}),
		expect("column_distinct_values_to_equal_set", "i", args{"value_set": list{0.0, 1.0, 77.0}}),
		expect("column_mean_to_be_between", "n", args{"max_value": 0.0}),
		expect("column_stdev_to_be_between", "n", args{"max_value": 0.0}),
		expect("column_sum_to_be_between", "i", args{"max_value": 0.0}),
		expect("column_min_to_be_between", "n", args{"min_value": 0.0}),
		expect("column_max_to_be_between", "n", args{"max_value": 0.0}),
		expect("column_median_to_be_between", "n", args{"min_value": 9.0}),
		expect("column_quantile_values_to_be_between", "n",
			args{"quantile_ranges": args{"quantiles": list{0.1, 0.9},
				"value_ranges": list{list{0.0, nil}, list{nil, 0.0}}}}),
		expect("column_unique_value_count_to_be_between", "t", args{"max_value": 1.0}),
		expect("column_kl_divergence_to_be_less_than", "n",
			args{"threshold": 0.01, "partition_object": args{"bins": list{-1.0, 0.0, 1.0}, "weights": list{0.5, 0.5}}}),
		expect("compound_columns_to_be_unique", "", args{"column_list": list{"t", "i"}}),
		expect("column_pair_values_a_to_be_greater_than_b", "", args{"column_A": "n", "column_B": "i"}),
	}
}

// part validates one part and returns its bytes.
func part(t testing.TB, ds plan.Dataset, p dataset.Part, opt validate.Options) []byte {
	t.Helper()
	reader, err := dataset.Open(context.Background(), ds, dataset.Options{BatchRows: 7, Part: p})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	var out bytes.Buffer
	if err := validate.RunPart(context.Background(), reader, ds, p, opt, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func readers(parts [][]byte) []io.Reader {
	var out []io.Reader
	for _, p := range parts {
		out = append(out, bytes.NewReader(p))
	}
	return out
}

func TestPartsMergeIntoTheReportOfOnePass(t *testing.T) {
	for _, rows := range []int{1, 3, 400, 20_000} {
		ds, _ := partitions(t, 6, rows)
		ds.Expect = everything()
		opt := validate.Options{Profile: true, Dataset: "d"}
		want := canonical(t, run(t, ds, opt))
		for of := 1; of <= 6; of++ {
			var parts [][]byte
			for i := range of {
				parts = append(parts, part(t, ds, dataset.Part{Index: i, Of: of},
					validate.Options{Profile: true, Workers: 1 + i,
						MemoryBytes: 1 + rows*(i%2)*100, TempDir: t.TempDir()}))
			}
			merged, err := validate.Merge(t.Context(), ds,
				validate.Options{Profile: true, Dataset: "d", MemoryBytes: 1 + rows*(of%2)*100,
					TempDir: t.TempDir()}, readers(parts)...)
			if err != nil {
				t.Fatal(err)
			}
			if got := canonical(t, merged); got != want {
				t.Errorf("%d parts of up to %d rows a file: %s", of, rows, cmp.Diff(want, got))
			}
		}
	}
}

func TestPartsOfASampleMergeIntoTheReportOfOnePass(t *testing.T) {
	ds, _ := partitions(t, 3, 500)
	ds.Expect = everything()
	rows := run(t, ds, validate.Options{}).Rows
	ds.Sample = 0.2
	whole := run(t, ds, validate.Options{Dataset: "d"})
	if whole.SourceRows != rows || whole.Rows >= whole.SourceRows/2 || whole.Rows == 0 ||
		whole.Counted() != fmt.Sprintf("%d of %d rows", whole.Rows, rows) {
		t.Fatalf("%d of %d rows, told as %s", whole.Rows, whole.SourceRows, whole.Counted())
	}
	var parts [][]byte
	for i := range 3 {
		parts = append(parts, part(t, ds, dataset.Part{Index: i, Of: 3}, validate.Options{}))
	}
	merged, err := validate.Merge(t.Context(), ds, validate.Options{Dataset: "d"}, readers(parts)...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(canonical(t, whole), canonical(t, merged)); diff != "" {
		t.Error(diff)
	}
	more := ds
	more.Sample = 0.3
	if _, err := validate.Merge(t.Context(), more, validate.Options{}, readers(parts)...); err == nil {
		t.Error("parts of another sample are merged")
	}
	ds.Sample = 1e-9
	for i := range parts {
		parts[i] = part(t, ds, dataset.Part{Index: i, Of: 3}, validate.Options{})
	}
	_, err = validate.Merge(t.Context(), ds, validate.Options{}, readers(parts)...)
	if err == nil || !strings.Contains(err.Error(), "holds none of") {
		t.Errorf("an empty sample: %v", err)
	}
}

// Broken rows, missing columns and undeclared ones are told as by one reader,
// and a file without rows among others is no fault.
func TestPartsTellOfBrokenDataAsOnePassDoes(t *testing.T) {
	dir := t.TempDir()
	for i, text := range []string{"n,t,x\n", "t\n" + strings.Repeat("a\n", 30), "n,t\n1,a\n2\nx,b\n", "n,t\n" +
		strings.Repeat("y,b\n", 30)} {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint("p", i, ".csv")), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ds := plan.Dataset{Source: filepath.Join(dir, "p*.csv"),
		Columns: map[string]plan.Column{"n": {Type: plan.Number}, "t": {Type: plan.Text, Sensitive: true}},
		Expect:  []plan.Expectation{expect("column_values_to_be_unique", "t", nil)}}
	want := canonical(t, run(t, ds, validate.Options{Profile: true}))
	var parts [][]byte
	for i := range 4 {
		parts = append(parts, part(t, ds, dataset.Part{Index: i, Of: 4}, validate.Options{Profile: true}))
	}
	merged, err := validate.Merge(t.Context(), ds, validate.Options{Profile: true}, readers(parts)...)
	if err != nil {
		t.Fatal(err)
	}
	if got := canonical(t, merged); got != want {
		t.Error(cmp.Diff(want, got))
	}
}

func TestPartsThatDoNotBelongTogetherAreRefused(t *testing.T) {
	ds, _ := partitions(t, 2, 50)
	ds.Expect = everything()
	first := part(t, ds, dataset.Part{Index: 0, Of: 2}, validate.Options{})
	second := part(t, ds, dataset.Part{Index: 1, Of: 2}, validate.Options{})
	stricter := ds
	stricter.Expect = append(everything(), expect("column_values_to_be_null", "n", nil))
	cut := second[:len(second)-9]
	flipped := bytes.Clone(second)
	flipped[len(flipped)-5] ^= 1 // of the checksum
	for what, c := range map[string]struct {
		ds    plan.Dataset
		parts [][]byte
		want  string
	}{
		"the other way round": {ds, [][]byte{second, first}, "part 0: it is part 1 of 2, where part 0 of 2 is wanted"},
		"one alone":           {ds, [][]byte{first}, "it is part 0 of 2, where part 0 of 1 is wanted"},
		"others expectations": {stricter, [][]byte{first, second}, "part 0: it was validated by other expectations"},
		"cut short":           {ds, [][]byte{first, cut}, "part 1: "},
		"damaged":             {ds, [][]byte{first, flipped}, "part 1: gzip: invalid checksum"},
		"something else":      {ds, [][]byte{[]byte("n,t\n1,a\n"), second}, "part 0: this is not part of a validation"},
	} {
		_, err := validate.Merge(t.Context(), c.ds, validate.Options{}, readers(c.parts)...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", what, err, c.want)
		}
	}
	if _, err := dataset.Open(t.Context(), ds, dataset.Options{Part: dataset.Part{Index: 0, Of: 3}}); err == nil ||
		!strings.Contains(err.Error(), "3 parts of 2 files") {
		t.Errorf("more parts than files: %v", err)
	}
	if _, err := dataset.Open(t.Context(), ds, dataset.Options{Part: dataset.Part{Index: 2, Of: 2}}); err == nil {
		t.Error("a part beyond the last is read")
	}
}

// A hostile part ends in an error or a report, in bounded time.
func FuzzMerge(f *testing.F) {
	dir := f.TempDir()
	ds := plan.Dataset{Source: filepath.Join(dir, "*.csv"),
		Columns: map[string]plan.Column{"n": {Type: plan.Number, Nullable: true},
			"t": {Type: plan.Text, Nullable: true}, "i": {Type: plan.Integer, Nullable: true}}, Expect: everything()}
	if err := os.WriteFile(filepath.Join(dir, "a.csv"), []byte("n,t,i\n1,a,2\n1,a,2\nNA,b,3\n"), 0o600); err != nil {
		f.Fatal(err)
	}
	whole := unzipped(f, part(f, ds, dataset.Part{}, validate.Options{Profile: true}))
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Fuzz(func(t *testing.T, text []byte) {
		report, err := validate.Merge(context.Background(), ds, validate.Options{Profile: true, TempDir: dir},
			bytes.NewReader(zipped(t, text)))
		if (err == nil) == (report == nil) {
			t.Errorf("%v and %v", report, err)
		}
	})
}
