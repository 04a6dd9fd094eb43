package judge

import (
	"reflect"
	"sync"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestARecorderCountsWhatManyReport(t *testing.T) {
	r, err := NewRecorder([]float64{0.01, 0.05})
	if err != nil {
		t.Fatal(err)
	}
	const workers, each = 8, 1000
	var done sync.WaitGroup
	for range workers {
		done.Go(func() {
			for i := range each {
				side := Side(i%10 == 0)
				r.Assign(side, 10)
				r.Answered(side, []float64{0.001, 0.02, 0.06, 0.05}[i%4], i%100 == 0)
				r.Compared(2, i%2)
				if o := r.Observations(); o.Validate() != nil {
					t.Error(o.Validate())
				}
			}
		})
	}
	done.Wait()
	const n = workers * each
	want := &Observations{
		Thresholds: []float64{0.01, 0.05},
		Champion:   Counts{Requests: n * 9 / 10, Slower: []int64{n * 7 / 10, n * 2 / 10}},
		Challenger: Counts{Requests: n / 10, Failed: n / 100, Slower: []int64{n / 20, n / 20}},
		Pairs:      Pairs{Compared: 2 * n, Agreed: n / 2},
		Assigned:   Assigned{Requests: n, Challenger: n / 10, Expected: 10 * n, Variance: 900 * n},
	}
	if got := r.Observations(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestTheCountsOfPodsAddUpToThoseOfOne(t *testing.T) {
	whole, _ := NewRecorder([]float64{0.05})
	joined := &Observations{Thresholds: []float64{0.05}}
	for pod := range 3 {
		r, _ := NewRecorder([]float64{0.05})
		for i := range 100 * (pod + 1) {
			for _, to := range []*Recorder{whole, r} {
				to.Assign(Side(i%2 == 0), 50)
				to.Answered(Side(i%2 == 0), float64(i%9)/100, i%7 == 0)
				to.Compared(1, i%2)
			}
		}
		if err := joined.Join(r.Observations()); err != nil {
			t.Fatal(err)
		}
	}
	if one := whole.Observations(); !reflect.DeepEqual(joined, one) {
		t.Errorf("joined %+v\nwhole  %+v", joined, one)
	}
	if err := joined.Join(&Observations{Thresholds: []float64{0.1}}); err == nil {
		t.Error("counts above other thresholds are added")
	}
	m := Moments{N: 3, Mean: 2, Variance: 2.0 / 3}.with(Moments{N: 1, Mean: 6}) // 1, 2, 3 and 6
	near(t, "the mean", m.Mean, 3, 1e-12)
	near(t, "the variance", m.Variance, 3.5, 1e-12)
}

func TestThresholdsAreThoseOfAllAnalyses(t *testing.T) {
	at := func(seconds float64) *plan.Analysis {
		return &plan.Analysis{Metrics: map[string]plan.Predicate{"latency_p99": {{Op: plan.Less, Value: seconds}},
			plan.ErrorRate: {{Op: plan.Less, Value: 0.01}}}}
	}
	got := Thresholds(plan.Strategy{Canary: &plan.Canary{Analysis: at(0.1), Steps: []plan.Step{{Analysis: at(0.05)},
		{Analysis: at(0.1)}, {Pause: "5m"}}}})
	if !reflect.DeepEqual(got, []float64{0.05, 0.1}) {
		t.Errorf("thresholds %v", got)
	}
}
