package train

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

func space() map[string][]any {
	return map[string][]any{"b": {1, 2, 3}, "a": {"x", "y"}}
}

func TestAGridIsEveryCombinationOnce(t *testing.T) {
	got, err := candidates(plan.Search{Method: "grid", Space: space()})
	if err != nil {
		t.Fatal(err)
	}
	want := "[map[a:x b:1] map[a:x b:2] map[a:x b:3] map[a:y b:1] map[a:y b:2] map[a:y b:3]]"
	if fmt.Sprint(got) != want {
		t.Errorf("grid %v", got)
	}
	if _, ok := got[0]["b"].(float64); !ok {
		t.Error("whole numbers are not float64, as JSON would have them")
	}
}

func TestARandomSearchDrawsDistinctPointsFromItsSeed(t *testing.T) {
	s := plan.Search{Method: "random", Trials: 5, Seed: 1, Space: space()}
	got, err := candidates(s)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, p := range got {
		seen[fmt.Sprint(p)] = true
	}
	if len(got) != 5 || len(seen) != 5 {
		t.Errorf("%d trials, %d of them distinct", len(got), len(seen))
	}
	if again, _ := candidates(s); fmt.Sprint(again) != fmt.Sprint(got) {
		t.Error("the same seed draws other points")
	}
	s.Trials = 50
	if all, _ := candidates(s); len(all) != 6 {
		t.Errorf("%d trials in a space of 6", len(all))
	}
}

func TestAHugeSpaceIsDrawnFromButNotEnumerated(t *testing.T) {
	s := plan.Search{Method: "random", Trials: 3, Space: map[string][]any{}}
	for i := range 60 {
		s.Space[fmt.Sprint(i)] = []any{1.0, 2.0, 3.0}
	}
	if got, err := candidates(s); err != nil || len(got) != 3 {
		t.Errorf("%d trials (%v)", len(got), err)
	}
	s.Method = "grid"
	if _, err := candidates(s); err == nil || !strings.Contains(err.Error(), `use method "random"`) {
		t.Errorf("error %v", err)
	}
}

func TestASearchThatCannotRunSaysWhy(t *testing.T) {
	_, err := candidates(plan.Search{Method: "bayes", Space: map[string][]any{"a": {}}})
	for _, want := range []string{"space.a has no candidates", `method is "bayes"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
	if _, err := candidates(plan.Search{Method: "random", Space: space()}); err == nil ||
		!strings.Contains(err.Error(), "trials is 0") {
		t.Errorf("error %v", err)
	}
}

func TestFoldsPartitionTheRowsAndKeepClassesInProportion(t *testing.T) {
	x := dataset.Column{Name: "x", Type: plan.Number}
	for i := range 103 {
		x.Floats = append(x.Floats, float64(i))
	}
	tg := &target{name: "y", labels: []string{"a", "b"}, frame: &dataset.Frame{Rows: 103, Columns: []dataset.Column{x}}}
	var rows []int
	for i := range 103 {
		k := 0.0
		if i%5 == 0 {
			k = 1
		}
		tg.y = append(tg.y, k)
		rows, tg.known = append(rows, i), append(tg.known, i)
	}
	folds, err := tg.folds(Spec{Seed: 3}, rows, plan.CrossValidation{Folds: 4, Stratified: true})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]int{}
	for _, f := range folds {
		positive := 0
		for _, r := range f.valid {
			seen[r]++
			positive += int(tg.y[r])
			if slices.Contains(f.train, r) {
				t.Errorf("row %d trains and validates", r)
			}
		}
		if n := len(f.valid); n < 25 || n > 26 || positive < 5 || positive > 6 || len(f.train)+n != len(rows) {
			t.Errorf("a fold of %d rows, %d positive, %d for training", n, positive, len(f.train))
		}
	}
	for r := range rows {
		if seen[r] != 1 {
			t.Errorf("row %d validates %d times", r, seen[r])
		}
	}
}

func TestDiceAreFairAndStreamsDiffer(t *testing.T) {
	counts := make([]int, 3)
	d := stream(1, "test")
	for range 30_000 {
		counts[d.below(3)]++
	}
	for k, n := range counts {
		if n < 9_700 || n > 10_300 {
			t.Errorf("%d came %d times of 30,000", k, n)
		}
	}
	if stream(1, "a").Uint64() == stream(1, "b").Uint64() {
		t.Error("two uses of a seed draw the same")
	}
}
