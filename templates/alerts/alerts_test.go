package alerts

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestTheRulesOfAPlanAreThoseThatWereReviewed(t *testing.T) {
	groups, err := All(sample(), inCluster())
	if err != nil {
		t.Fatal(err)
	}
	got, err := Encode(groups)
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/credit.yaml"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("rules differ from %s; run with -update and read the difference\n%s", golden, got)
	}
}

func TestBurnRatesAreTheWorkbooks(t *testing.T) {
	// Site Reliability Workbook, chapter 5, table 5-8, and its 3-day ticket.
	want := "page 1h 5m 14.4, page 6h 30m 6, ticket 1d 2h 3, ticket 3d 6h 1"
	if got := describe(burnsFor(30*day, 0.001)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestWindowsKeepTheirProportionToTheComplianceWindow(t *testing.T) {
	for window, want := range map[time.Duration]string{
		60 * day:  "page 2h 10m 14.4, page 12h 1h 6, ticket 2d 4h 3, ticket 6d 12h 1",
		7 * day:   "page 14m 2m 14.4, page 84m 7m 6, ticket 336m 28m 3, ticket 1008m 84m 1",
		time.Hour: "page 10m 2m 14.4, page 10m 2m 6, ticket 10m 2m 3, ticket 10m 2m 1",
	} {
		if got := describe(burnsFor(window, 0.001)); got != want {
			t.Errorf("%s: got  %s\nwant %s", window, got, want)
		}
	}
}

func TestAConditionThatCouldNeverHoldIsLeftOut(t *testing.T) {
	for budget, want := range map[float64]string{
		0.05: "page 1h 5m 14.4, page 6h 30m 6, ticket 1d 2h 3, ticket 3d 6h 1",
		0.1:  "page 6h 30m 6, ticket 1d 2h 3, ticket 3d 6h 1",
		0.5:  "ticket 3d 6h 1",
		0.99: "ticket 3d 6h 1",
	} {
		got := burnsFor(30*day, budget)
		if describe(got) != want {
			t.Errorf("budget %g: got %s, want %s", budget, describe(got), want)
		}
		for _, b := range got {
			if b.factor*budget >= 1 {
				t.Errorf("budget %g: an error ratio above %g cannot be", budget, b.factor*budget)
			}
		}
	}
	p := sample()
	p.SLOs["quality"] = plan.SLO{Endpoint: "scoring", Objective: 50, Indicator: "accuracy", Window: "30d"}
	for _, r := range rulesOf(t, mustSLO(t, p, "quality"), "ErrorBudgetBurn") {
		if r.Labels["severity"] == Page {
			t.Error("an objective of 50 % pages, though its budget cannot burn that fast")
		}
	}
}

func describe(burns []burn) string {
	var out []string
	for _, b := range burns {
		out = append(out, fmt.Sprintf("%s %s %s %s", b.severity, text(b.long), text(b.short), number(b.factor)))
	}
	return strings.Join(out, ", ")
}

func TestEveryWindowThatAnAlertReadsIsRecorded(t *testing.T) {
	for _, window := range []string{"30d", "7d", "28d", "1h", "90d"} {
		p := sample()
		s := p.SLOs["availability"]
		s.Window = window
		p.SLOs["availability"] = s
		groups := mustSLO(t, p, "availability")
		var records, read []string
		for _, g := range groups {
			for _, r := range g.Rules {
				records = append(records, r.Record)
				for _, part := range strings.FieldsFunc(r.Expr,
					func(c rune) bool { return strings.ContainsRune("{( )", c) }) {
					if strings.HasPrefix(part, "slo:") {
						read = append(read, part)
					}
				}
			}
		}
		for _, name := range read {
			if !slices.Contains(records, name) {
				t.Errorf("window %s: %s is read and never recorded", window, name)
			}
		}
	}
}

func TestLatencyCountsAtABucketOfTheHistogram(t *testing.T) {
	for threshold, want := range map[string]string{
		"50ms": `le="0.05"`, "1s": `le=~"1|1\\.0"`, "2500ms": `le="2.5"`,
		"50us": `le="5e-05"`, "10s": `le=~"10|10\\.0"`,
	} {
		d, err := plan.ParseDuration(threshold)
		if err != nil {
			t.Fatal(err)
		}
		if got := boundary(d); got != want {
			t.Errorf("%s: got %s, want %s", threshold, got, want)
		}
	}
}

func TestALossIsBadAboveItsThresholdAndAScoreBelow(t *testing.T) {
	for name, want := range map[string]string{"roc_auc": "< bool 0.78", "log_loss": "> bool 0.78",
		"mean_absolute_error": "> bool 0.78", "r2": "< bool 0.78"} {
		p := sample()
		s := p.SLOs["quality"]
		s.Indicator = name
		p.SLOs["quality"] = s
		if got := rulesOf(t, mustSLO(t, p, "quality"), "slo:sli_bad:bool")[0].Expr; !strings.HasSuffix(got, want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	losses := 0
	for _, task := range []plan.Task{plan.Binary, plan.Multiclass, plan.Regression} {
		for _, m := range plan.MetricNames(task) {
			if LowerIsBetter(m) {
				losses++
			}
		}
	}
	if losses != 8 {
		t.Errorf("%d of the plan's metrics are losses or errors, want 8", losses)
	}
}

func TestWhatCannotBeARuleIsAnError(t *testing.T) {
	cases := map[string]func(*plan.SLO){
		"none of that name":      nil,
		"unknown endpoint":       func(s *plan.SLO) { s.Endpoint = "scorring" },
		"objective 100":          func(s *plan.SLO) { s.Objective = 100 },
		"objective NaN":          func(s *plan.SLO) { s.Objective = math.NaN() },
		"window: duration":       func(s *plan.SLO) { s.Window = "month" },
		"window 90s":             func(s *plan.SLO) { s.Window = "90s" },
		"threshold: duration":    func(s *plan.SLO) { s.Indicator = "latency" },
		"cannot be printed":      func(s *plan.SLO) { s.Indicator = "roc\nauc" },
		"threshold is not a num": func(s *plan.SLO) { s.Indicator, s.Threshold.Value = "roc_auc", math.Inf(1) },
	}
	for want, change := range cases {
		t.Run(want, func(t *testing.T) {
			p := sample()
			if change == nil {
				p.SLOs = nil
			} else {
				s := p.SLOs["availability"]
				change(&s)
				p.SLOs["availability"] = s
			}
			if _, err := SLO(p, "availability", Options{}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAllProblemsOfAnObjectiveAreReported(t *testing.T) {
	p := sample()
	p.SLOs["availability"] = plan.SLO{Endpoint: "nowhere", Objective: 0, Indicator: "latency", Window: "x"}
	_, err := SLO(p, "availability", Options{})
	for _, want := range []string{"nowhere", "objective 0", "window", "threshold"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported: %v", want, err)
		}
	}
}

func TestWithoutANamespaceTheRulesAskForNone(t *testing.T) {
	groups, err := All(sample(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Encode(groups)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte("namespace")) {
		t.Error("a rule asks for a namespace that the metrics do not carry")
	}
}
