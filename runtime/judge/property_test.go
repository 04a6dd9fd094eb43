package judge

import (
	"math/rand/v2"
	"testing"
)

// order ranks outcomes from bad to good.
var order = map[Outcome]int{Fail: 0, Inconclusive: 1, Pass: 2}

// observed are random counts of a version that is about at its bounds.
func observed(r *rand.Rand) *Observations {
	n := int64(1 + r.IntN(200000))
	part := func(of int64, about float64) int64 { return min(of, int64(float64(of)*about*2*r.Float64())) }
	o := &Observations{Thresholds: []float64{0.05},
		Champion:   Counts{Requests: 1 + r.Int64N(400000), Slower: []int64{0}},
		Challenger: Counts{Requests: n, Failed: part(n, 0.01), Slower: []int64{part(n, 0.01)}},
		Pairs:      Pairs{Compared: n, Agreed: n - part(n, 0.02)}}
	o.Champion.Failed = part(o.Champion.Requests, 0.01)
	return o
}

func TestAnIntervalHoldsItsEstimateAndStaysWithinItsRange(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for range 5000 {
		o := observed(r)
		for _, m := range Judge(all(), o, 1).Metrics {
			if least := map[bool]float64{true: -1}[m.Metric == "error_rate_difference"]; m.Low > m.Estimate ||
				m.Estimate > m.High || m.Low < least || m.High > 1 {
				t.Fatalf("%+v of %+v", m, o)
			}
		}
	}
}

// A version that fails more often, is slower or agrees less never has a better verdict.
func TestAWorseVersionIsNeverJudgedBetter(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	for range 5000 {
		o := observed(r)
		worse := *o
		worse.Challenger.Failed += r.Int64N(o.Challenger.Requests - o.Challenger.Failed + 1)
		worse.Challenger.Slower = []int64{o.Challenger.Slower[0] +
			r.Int64N(o.Challenger.Requests-o.Challenger.Slower[0]+1)}
		worse.Pairs.Agreed = r.Int64N(o.Pairs.Agreed + 1)
		was, is := Judge(all(), o, 1), Judge(all(), &worse, 1)
		if order[is.Verdict] > order[was.Verdict] {
			t.Fatalf("%s (%s) of %+v, %s of the worse %+v", was.Verdict, was.Reason, o, is.Verdict, worse)
		}
	}
}

// Whatever order counts come in, and however often they are joined, the verdict is one.
func TestTheOrderOfReportsDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	for range 500 {
		a, b, c := observed(r), observed(r), observed(r)
		first, second := &Observations{Thresholds: a.Thresholds}, &Observations{Thresholds: a.Thresholds}
		for _, o := range []*Observations{a, b, c} {
			if err := first.Join(o); err != nil {
				t.Fatal(err)
			}
		}
		for _, o := range []*Observations{c, a, b} {
			if err := second.Join(o); err != nil {
				t.Fatal(err)
			}
		}
		if x, y := Judge(all(), first, 1), Judge(all(), second, 1); x.Verdict != y.Verdict || x.Reason != y.Reason {
			t.Fatalf("%+v and %+v", x, y)
		}
	}
}
