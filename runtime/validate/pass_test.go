package validate_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/validate"
	"github.com/ashlar-dev/ashlar/runtime/validate/profile"
)

// canonical is the report's bytes.
func canonical(t *testing.T, r *validate.Report) string {
	t.Helper()
	b, err := plan.Canonical(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTheReportDoesNotDependOnWorkersOrMemory(t *testing.T) {
	ds, _ := golden(t)
	want := canonical(t, run(t, ds, validate.Options{Workers: 1, Profile: true}))
	for _, workers := range []int{1, 2, 5, 16} {
		for _, memory := range []int{1, 20_000, 1 << 30} {
			got := canonical(t, run(t, ds,
				validate.Options{Workers: workers, MemoryBytes: memory, TempDir: t.TempDir(), Profile: true}))
			if got != want {
				t.Errorf("%d workers, %d bytes: %s", workers, memory, cmp.Diff(want, got))
			}
		}
	}
}

// numbers writes partitions of random rows and returns the dataset of them all
// and of each alone.
func partitions(t *testing.T, n, rows int) (all plan.Dataset, each []plan.Dataset) {
	t.Helper()
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(uint64(n), uint64(rows)))
	columns := map[string]plan.Column{
		"n": {Type: plan.Number, Nullable: true}, "t": {Type: plan.Text, Nullable: true},
		"i": {Type: plan.Integer, Nullable: true, Optional: true},
	}
	for p := range n {
		var b strings.Builder
		if p == 1 {
			b.WriteString("t,n\n") // the second file lacks a column
		} else {
			b.WriteString("n,t,i\n")
		}
		for range 1 + random.IntN(rows) {
			value, text := fmt.Sprint(random.NormFloat64()), fmt.Sprint("t", random.IntN(5000))
			if random.IntN(9) == 0 {
				value = "NA"
			}
			if p == 1 {
				fmt.Fprintf(&b, "%s,%s\n", text, value)
			} else {
				fmt.Fprintf(&b, "%s,%s,%d\n", value, text, random.IntN(9))
			}
		}
		file := filepath.Join(dir, fmt.Sprintf("part-%02d.csv", p))
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		each = append(each, plan.Dataset{Source: file, Columns: columns})
	}
	return plan.Dataset{Source: filepath.Join(dir, "part-*.csv"), Columns: columns}, each
}

func TestProfilesOfPartitionsMergeIntoThatOfThemAll(t *testing.T) {
	for _, n := range []int{1, 2, 7} {
		all, each := partitions(t, n, 4000)
		want := run(t, all, validate.Options{Profile: true}).Profile
		var parts []*profile.Profile
		for _, ds := range each {
			parts = append(parts, run(t, ds, validate.Options{Profile: true}).Profile)
		}
		got, err := profile.Merge(parts...)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := plan.Canonical(want)
		b, _ := plan.Canonical(got)
		if string(a) != string(b) {
			t.Errorf("%d partitions: %s", n, cmp.Diff(want, got))
		}
	}
}

func TestRowsAreCountedOverAllFiles(t *testing.T) {
	all, each := partitions(t, 3, 10)
	first := run(t, each[0], validate.Options{}).Rows
	all.Expect = []plan.Expectation{expect("column_values_to_be_null", "i", nil)}
	second := run(t, each[1], validate.Options{}).Rows // all missing
	r := run(t, all, validate.Options{}).Results[0]
	if r.Examples[first].Row != first+second+1 {
		t.Errorf("the first value of the third file is in row %d, want %d", r.Examples[first].Row, first+second+1)
	}
}

// The test takes frames of its own while validation takes the others, and
// cancels in the middle.
func TestCancellationLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	all, _ := partitions(t, 4, 5000)
	all.Expect = []plan.Expectation{expect("column_values_to_be_unique", "n", nil),
		expect("column_values_to_be_unique", "t", nil)}
	for _, after := range []int{0, 1, 20} {
		ctx, cancel := context.WithCancel(t.Context())
		reader, err := dataset.Open(ctx, all, dataset.Options{BatchRows: 20})
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() {
			_, err := validate.Run(ctx, reader, all, validate.Options{TempDir: dir, MemoryBytes: 1})
			ended <- err
		}()
		for range after {
			if _, err := reader.Next(); err != nil {
				t.Fatal(err)
			}
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if err := reader.Close(); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%v is left, %v", left, err)
		}
	}
}

func TestAFullVerdictLeavesNoFileEither(t *testing.T) {
	dir := t.TempDir()
	all, _ := partitions(t, 2, 3000)
	all.Expect = []plan.Expectation{expect("column_values_to_be_unique", "t", nil)}
	if r := run(t, all, validate.Options{TempDir: dir, MemoryBytes: 1}); r.Success {
		t.Error("5,000 texts in as many rows are distinct")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

func TestAFolderThatIsNotThereIsAnError(t *testing.T) {
	all, _ := partitions(t, 1, 3000)
	all.Expect = []plan.Expectation{expect("column_median_to_be_between", "n", args{"min_value": 0.0})}
	_, err := try(t.Context(), all, validate.Options{TempDir: "/no/such/folder", MemoryBytes: 1})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}
