package tuning

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// search has n trials whose means go up to the middle and down again.
func search(n int, greater bool) *Search {
	s := &Search{Method: "grid", Metric: "f1", GreaterIsBetter: greater,
		Space: map[string][]any{"depth": {1.0, nil}}, Best: n / 2}
	for i := range n {
		mean := 1 - float64(max(i-n/2, n/2-i))/float64(n)
		if !greater {
			mean = -mean
		}
		cv := &CrossValidation{Folds: 2,
			Metrics: map[string]Fold{"f1": {Values: []float64{mean, mean}, Mean: mean}, "accuracy": {}}}
		s.Trials = append(s.Trials, Trial{Params: plan.Params{"depth": float64(i), "same": "x"},
			Mean: mean, CrossValidation: cv})
	}
	return s
}

func TestARecordKeepsTheBestTrialsAndSaysHowManyThereWere(t *testing.T) {
	for _, greater := range []bool{true, false} {
		r := Report{Search: search(1000, greater)}
		got := r.Brief(5).Search
		if len(got.Trials) != 5 || got.Tried != 1000 || got.Trials[got.Best].Params["depth"] != 500.0 ||
			len(got.Trials[0].CrossValidation.Metrics) != 1 {
			t.Errorf("%+v", got)
		}
		depths := []float64{}
		for _, one := range got.Trials {
			depths = append(depths, one.Params["depth"].(float64))
		}
		if !slices.IsSorted(depths) || depths[0] < 497 || depths[4] > 503 {
			t.Errorf("kept %v", depths)
		}
		if r.Search.Tried != 0 || len(r.Search.Trials) != 1000 || len(r.Search.Trials[0].CrossValidation.Metrics) != 2 {
			t.Error("the whole report was changed")
		}
	}
	equal := search(10, true)
	for i := range equal.Trials {
		equal.Trials[i].Mean = 0.5
	}
	equal.Best = 0
	if got := (&Report{Search: equal}).Brief(3).Search; got.Trials[got.Best].Params["depth"] != 0.0 {
		t.Errorf("of equals the first is chosen, and %v is kept", got.Trials[got.Best].Params)
	}
	if (&Report{Params: plan.Params{"a": 1.0}}).Brief(3) != nil || !(*Report)(nil).Empty() ||
		len((*Report)(nil).Metrics()) != 0 {
		t.Error("a report of nothing is kept")
	}
}

func TestTheTablesSayWhatWasTriedAndChosen(t *testing.T) {
	header, rows := search(3, true).Table()
	if got := fmt.Sprint(header, rows); got != "[ trial depth f1 std folds] [[ 1 0 0.6667 0.0000 0.6667 0.6667] [* 2 1 1.0000 0.0000 1.0000 1.0000] [ 3 2 0.6667 0.0000 0.6667 0.6667]]" {
		t.Error(got)
	}
	old := search(3, true)
	old.Space = nil // of a record from before spaces were kept
	if header, _ := old.Table(); fmt.Sprint(header) != "[ trial depth f1 std folds]" {
		t.Error(header)
	}
	if got := search(3, true).SpaceTexts()["depth"]; got != "1, none" {
		t.Error(got)
	}
	_, rows = (&CrossValidation{Folds: 2,
		Metrics: map[string]Fold{"r2": {Values: []float64{0.5, 0.7}, Mean: 0.6, Std: 0.1}}}).Table()
	if fmt.Sprint(rows) != "[[r2 0.6000 0.1000 0.5000 0.7000]]" {
		t.Error(rows)
	}
}
