package judge

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// all asks for everything that traffic shows.
func all() *plan.Analysis {
	return &plan.Analysis{Confidence: 0.95, MinRequests: 100, Metrics: map[string]plan.Predicate{
		plan.ErrorRate: {{Op: plan.Less, Value: 0.01}}, plan.Agreement: {{Op: plan.GreaterEqual, Value: 0.98}},
		"latency_p99": {{Op: plan.Less, Value: 0.05}}, plan.ErrorRateDifference: {{Op: plan.LessEqual, Value: 0.005}},
	}}
}

// million is what a good version shows in a million requests.
func million() *Observations {
	return &Observations{
		Thresholds: []float64{0.05},
		Champion:   Counts{Requests: 900000, Failed: 900, Slower: []int64{500}},
		Challenger: Counts{Requests: 100000, Failed: 110, Slower: []int64{90}},
		Pairs:      Pairs{Compared: 100000, Agreed: 99500},
		Assigned:   Assigned{Requests: 1000000, Challenger: 100000, Expected: 10 * 1000000, Variance: 900 * 1000000},
	}
}

func TestAGoodVersionPassesAndABadOneFailsByItsMetric(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Observations)
		want   Outcome
		reason string
	}{
		{"good", func(*Observations) {}, Pass, ""},
		{"fails", func(o *Observations) { o.Challenger.Failed = 2000 }, Fail, "error_rate: "},
		{"fails more often than the other", func(o *Observations) { o.Challenger.Failed = 800 }, Fail,
			"error_rate_difference: "},
		{"is slow", func(o *Observations) { o.Challenger.Slower[0] = 2000 }, Fail, "latency_p99: "},
		{"predicts otherwise", func(o *Observations) { o.Pairs.Agreed = 60000 }, Fail, "agreement: "},
		{"is at the bound", func(o *Observations) { o.Pairs.Agreed = 98000 }, Inconclusive, "agreement: "},
		{"was asked nothing", func(o *Observations) { o.Pairs = Pairs{} }, Inconclusive, "no row has been asked of both"},
		{"was not timed", func(o *Observations) { o.Thresholds = nil }, Inconclusive, "nobody has counted"},
		{"has few requests, all of which fail", func(o *Observations) { o.Challenger = Counts{Requests: 99, Failed: 99} },
			Inconclusive, "99 of 100 requests"},
		{"lost requests", func(o *Observations) { o.Assigned.Challenger = 98000 }, Inconclusive, "9.8 %"},
		{"lost requests and fails", func(o *Observations) { o.Assigned.Challenger, o.Challenger.Failed = 98000, 2000 },
			Fail, "error_rate: "},
	} {
		o := million()
		c.change(o)
		v := Judge(all(), o, 1)
		if v.Verdict != c.want || !strings.Contains(v.Reason, c.reason) || (v.Reason == "") != (c.want == Pass) {
			t.Errorf("a version that %s: %s (%s), want %s (%s)", c.name, v.Verdict, v.Reason, c.want, c.reason)
		}
		if len(v.Metrics) != 4 {
			t.Errorf("a version that %s: %d metrics", c.name, len(v.Metrics))
		}
		if _, err := json.Marshal(v); err != nil {
			t.Errorf("a version that %s: %v", c.name, err)
		}
	}
}

func TestNothingPassesThatNothingIsAskedOf(t *testing.T) {
	if v := Judge(&plan.Analysis{Confidence: 0.95}, million(), 1); v.Verdict != Inconclusive {
		t.Errorf("without a metric: %+v", v)
	}
}

func TestAMetricByLabelsWaitsForThem(t *testing.T) {
	a := &plan.Analysis{Confidence: 0.95, MinRequests: 1,
		Metrics: map[string]plan.Predicate{"accuracy": {{Op: plan.GreaterEqual, Value: 0.75}}}}
	o := million()
	if v := Judge(a, o, 1); v.Verdict != Inconclusive || !strings.Contains(v.Reason, "there are no labels") {
		t.Errorf("without labels: %+v", v)
	}
	o.Labelled = map[string]Moments{"accuracy": {N: 5000, Mean: 0.9, Variance: 0.09}}
	if v := Judge(a, o, 1); v.Verdict != Pass {
		t.Errorf("with labels: %+v", v)
	}
	o.Labelled["accuracy"] = Moments{N: 5000, Mean: 0.6, Variance: 0.24}
	if v := Judge(a, o, 1); v.Verdict != Fail {
		t.Errorf("with labels that it gets wrong: %+v", v)
	}
}

// One metric among four has a quarter of what may go wrong, and so a wider interval.
func TestTheConfidenceIsDividedAmongMetricsAndComparisons(t *testing.T) {
	one := &plan.Analysis{Confidence: 0.95, Metrics: map[string]plan.Predicate{
		plan.ErrorRate: all().Metrics[plan.ErrorRate]}}
	width := func(a *plan.Analysis, comparisons int) float64 {
		for _, m := range Judge(a, million(), comparisons).Metrics {
			if m.Metric == plan.ErrorRate {
				return m.High - m.Low
			}
		}
		return 0
	}
	if alone, among, compared := width(one, 1), width(all(), 1), width(one, 4); alone >= among || among != compared {
		t.Errorf("widths %g alone, %g among four, %g of four comparisons", alone, among, compared)
	}
}

func TestAVerdictOnAMillionRequestsTakesLessThanTenMilliseconds(t *testing.T) {
	a, o := all(), million()
	start := time.Now()
	const times = 100
	for range times {
		Judge(a, o, 1)
	}
	if each := time.Since(start) / times; each > 10*time.Millisecond {
		t.Errorf("a verdict took %s", each)
	}
}

func FuzzAReportIsDecodedOrRefused(f *testing.F) {
	text, err := json.Marshal(million())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"champion":{"requests":-1},"thresholds":[0.1,0.05]}`))
	f.Add([]byte(`{"labelled":{"accuracy":{"n":9223372036854775807,"mean":1e308}}}`))
	f.Add([]byte(`{"challenger":{"requests":1125899906842624,"failed":1125899906842624}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		o, err := Decode(bytes.NewReader(text))
		if err != nil {
			return
		}
		twice, err := Decode(bytes.NewReader(text))
		if err != nil || o.Join(twice) != nil {
			t.Fatalf("a report does not join itself: %v", err)
		}
		if _, err := json.Marshal(Judge(all(), o, 1)); err != nil {
			t.Fatalf("the verdict on %s: %v", text, err)
		}
	})
}

func BenchmarkAVerdict(b *testing.B) {
	a, o := all(), million()
	for b.Loop() {
		Judge(a, o, 1)
	}
}

func BenchmarkAnObservation(b *testing.B) {
	r, err := NewRecorder([]float64{0.05})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r.Answered(Challenger, 0.001, false)
		r.Assign(Challenger, 10)
	}
}
